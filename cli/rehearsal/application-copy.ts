import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { z } from "zod";
import { readPackage } from "../../declaration/package.ts";
import { readDockerIgnore } from "../../infra/facts/dockerignore.ts";

/** A declaration as its file holds it. */
export type Written = Readonly<Record<string, unknown>>;

const buildPart = z.looseObject({
  context: z.string().default("."),
  args: z.record(z.string(), z.string()).default({}),
});

/** What an application declares already; undefined if it has no declaration. */
export function writtenDeclaration(home: string): Written | undefined {
  const file = join(home, "berth.json");
  const given = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as unknown)
    : readPackage(home).berth;
  return z.record(z.string(), z.unknown()).optional().parse(given);
}

/**
 * A copy of an application, with its declaration. What a rehearsal changes is changed there.
 */
export class ApplicationCopy {
  /** Its folder; the build's context is around it, or the same. */
  readonly home: string;
  readonly #declaration: Written;

  /** @param target folder that is made anew */
  constructor(original: string, declaration: Written, target: string) {
    this.#declaration = declaration;
    const { context } = buildPart.parse(declaration["build"] ?? {});
    const around = resolve(original, context);
    const inside = relative(around, original);
    const [from, below] = inside.startsWith("..") ? [original, ""] : [around, inside];
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    const ignoring = join(from, ".dockerignore");
    const ignore = existsSync(ignoring) ? readDockerIgnore(readFileSync(ignoring, "utf8")) : undefined;
    const built = existsSync(join(original, "Dockerfile"));
    const left = (path: string) =>
      path === ".git" || (/(?:^|\/)node_modules$/.test(path) && (!built || ignore?.ignores(path) === true));
    cpSync(from, target, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => {
        const stat = lstatSync(source);
        return (
          !left(relative(from, source)) && (stat.isFile() || stat.isDirectory() || stat.isSymbolicLink())
        );
      },
    });
    this.home = join(target, below);
    this.declare(1);
  }

  /** Whether its image is built, so that there can be another one. */
  get built(): boolean {
    return this.#declaration["image"] === undefined;
  }

  /** Makes it another release: its image has another name, and the same in it. */
  declare(release: number): void {
    const build = buildPart.parse(this.#declaration["build"] ?? {});
    const marked = { ...build, args: { ...build.args, BERTH_REHEARSAL: String(release) } };
    const declaration = this.built ? { ...this.#declaration, build: marked } : this.#declaration;
    writeFileSync(join(this.home, "berth.json"), JSON.stringify(declaration));
  }
}
