import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { wordsOf, type Words } from "./command.ts";
import { dockerfileFacts } from "./dockerfile.ts";
import { generatedDockerfile } from "./generated-dockerfile.ts";
import { readPackage, type Package } from "./package.ts";
import { DeclarationError, schemaProblems } from "./problems.ts";
import { declarationSchema, type Declared } from "./schema.ts";
import { isSecret, namesIn, templateProblems } from "./template.ts";
import { ownSecret, plainValues, secretValues, settingValues } from "./values.ts";

/** How an application's image comes to be. */
export type ImageOrigin =
  | { readonly kind: "image"; readonly reference: string }
  | {
      readonly kind: "build";
      /** Build context, relative to the project's folder. */
      readonly context: string;
      /** Text of the Dockerfile. */
      readonly dockerfile: string;
      /** berth made the Dockerfile. */
      readonly generated: boolean;
      readonly target: string | undefined;
      readonly args: Readonly<Record<string, string>>;
    };

/** What an application says of itself, with defaults filled in and commands as words. */
export interface Declaration extends Pick<
  Declared,
  "runtime" | "health" | "start" | "static" | "uploads" | "tmp" | "writable" | "headers" | "reload"
> {
  /** The application's folder, relative to the project's. */
  readonly folder: string;
  /** The file that declares it, for messages. */
  readonly file: string;
  readonly origin: ImageOrigin;
  /** Undefined for the image's own command. */
  readonly web: Words | undefined;
  readonly worker: Words | undefined;
  readonly check: Words | undefined;
  readonly workerCheck: Words | undefined;
  readonly port: number;
  readonly user: number;
  readonly migrate:
    | (Readonly<Record<"down" | "status" | "unlock", Words | undefined>> & {
        readonly up: Words;
        readonly folder: string | undefined;
      })
    | undefined;
  readonly commands: Readonly<
    Record<"seed" | "createAdmin" | "createInvitation" | "testMail" | "shell", Words | undefined>
  >;
  /** Templates by the name of their variable. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Reads an application's declaration: `berth.json`, or `"berth"` in its package.json; with neither,
 * everything is the default.
 * @param folder of the application, relative to `root`
 * @throws DeclarationError naming every problem at once
 */
export function readDeclaration(root: string, folder: string): Declaration {
  const home = join(root, folder);
  const own = join(folder, "berth.json");
  if (!existsSync(home)) {
    throw new DeclarationError(folder, [
      `there is no such folder. Fix: pulumi config set appFolder FOLDER, the folder of your application`,
    ]);
  }
  const inOwn = existsSync(join(root, own));
  const file = inOwn ? own : `${join(folder, "package.json")} ("berth")`;
  const pack = parsed(join(folder, "package.json"), () => readPackage(home));
  const given = inOwn
    ? parsed(own, () => JSON.parse(readFileSync(join(root, own), "utf8")) as unknown)
    : (pack.berth ?? {});
  const wrong = schemaProblems(given);
  if (wrong.length > 0) throw new DeclarationError(file, wrong);
  const declared = declarationSchema.parse(given);
  const problems = [...envProblems(declared), ...fileProblems(declared, home), ...pathProblems(declared)];
  if (problems.length > 0) throw new DeclarationError(file, problems);
  return complete(declared, { root, folder, file, pack });
}

function parsed<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new DeclarationError(file, [
      `is no valid JSON: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
}

interface Place {
  readonly root: string;
  readonly folder: string;
  readonly file: string;
  readonly pack: Package;
}

function complete(declared: Declared, { root, folder, file, pack }: Place): Declaration {
  const origin = originOf(declared, root, folder);
  const facts = origin.kind === "build" ? dockerfileFacts(origin.dockerfile, origin.target) : undefined;
  const words = (command: string | readonly string[] | null | undefined): Words | undefined =>
    command === undefined || command === null ? undefined : wordsOf(command, pack.scripts);
  const { migrate, commands } = declared;
  const { runtime, health, start, uploads, tmp, writable, headers, reload } = declared;
  return {
    ...{ runtime, health, start, static: declared.static, uploads, tmp, writable, headers, reload },
    folder,
    file,
    origin,
    web: words(declared.web) ?? defaultWeb(origin, facts?.command, pack),
    worker: words(declared.worker),
    check: words(declared.check),
    workerCheck: words(declared.workerCheck),
    port: declared.port ?? facts?.port ?? 3000,
    user: declared.user ?? facts?.user ?? 1000,
    migrate:
      migrate === undefined
        ? undefined
        : {
            up: wordsOf(migrate.up, pack.scripts),
            ...{ down: words(migrate.down), status: words(migrate.status), unlock: words(migrate.unlock) },
            folder: migrate.folder,
          },
    commands: {
      ...{ seed: words(commands.seed), createAdmin: words(commands.createAdmin) },
      createInvitation: words(commands.createInvitation),
      testMail: words(commands.testMail),
      shell: words(commands.shell) ?? (declared.runtime === "layer" ? ["node"] : undefined),
    },
    env: Object.fromEntries(Object.entries(declared.env).map(([name, value]) => [name, String(value)])),
  };
}

function originOf(declared: Declared, root: string, folder: string): ImageOrigin {
  if (declared.image !== undefined) return { kind: "image", reference: declared.image };
  const { dockerfile, context = ".", target, args = {} } = declared.build ?? {};
  const path = join(root, folder, dockerfile ?? "Dockerfile");
  const written = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  return {
    kind: "build",
    context: join(folder, context),
    dockerfile: written ?? generatedDockerfile(join(root, folder)) ?? "",
    generated: written === undefined,
    target,
    args,
  };
}

/** The image's own command, unless that is npm, or berth has made the image. */
function defaultWeb(
  origin: ImageOrigin,
  command: string | readonly string[] | undefined,
  { main, scripts }: Package,
): Words | undefined {
  if (origin.kind === "image") return undefined;
  if (origin.generated)
    return scripts["start"] === undefined ? ["node", main ?? "index.js"] : wordsOf("npm start", scripts);
  const resolved = command === undefined ? undefined : wordsOf(command, scripts);
  return resolved?.[0] === "node" && JSON.stringify(resolved) !== JSON.stringify(command)
    ? resolved
    : undefined;
}

function envProblems({ env, runtime }: Declared): string[] {
  const settings = settingValues.map((name) => `settings.${name}`);
  const known = [...Object.keys(plainValues), ...Object.keys(secretValues), ...settings];
  return Object.entries(env).flatMap(([name, value]) => {
    const template = String(value);
    const own = namesIn(template).filter((wanted) => wanted.startsWith(ownSecret));
    const problems = templateProblems(template, [...known, ...own]).map(
      (problem) => `env.${name}: ${problem}. Fix: npx berth declaration --values lists them`,
    );
    if (runtime === "native" && isSecret(template)) {
      problems.push(
        `env.${name}: a native application reads secrets from files. Fix: \${file.…}, or runtime: layer`,
      );
    }
    return problems;
  });
}

function fileProblems({ build, image }: Declared, home: string): string[] {
  if (image !== undefined && build !== undefined) {
    return ["image: the image is either built here or taken from elsewhere. Fix: remove build, or image"];
  }
  if (image !== undefined) return [];
  if (build?.dockerfile !== undefined && !existsSync(join(home, build.dockerfile))) {
    return [
      `build.dockerfile: there is no ${build.dockerfile}. Fix: correct its path, from the application's folder`,
    ];
  }
  if (existsSync(join(home, build?.dockerfile ?? "Dockerfile")) || generatedDockerfile(home) !== undefined)
    return [];
  return [
    "build: there is neither a Dockerfile nor a lockfile (package-lock.json, pnpm-lock.yaml, yarn.lock). Fix: npm install --package-lock-only, or write a Dockerfile",
  ];
}

/** Paths that Nginx answers itself. */
const reserved = ["/_edge/", "/metrics/", "/.well-known/"];

function pathProblems(declared: Declared): string[] {
  return declared.static
    .filter(({ at }) => reserved.some((prefix) => at.startsWith(prefix)))
    .map(({ at }) => `static: ${at} is Nginx's own. Fix: another path than ${reserved.join(", ")}`);
}
