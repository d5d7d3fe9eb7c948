import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "dotenv";
import { SettingProblems } from "../../src/platform/settings/setting-problems.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where lite mode keeps things. */
export interface LitePlaces {
  /** Settings of the developer, read in lite mode only. */
  readonly settings: string;
  /** The database's files. */
  readonly data: string;
  readonly media: string;
  /** Folder of the database's socket. Not in the checkout, whose path may be too long for one. */
  readonly socket: string;
}

/** The places of the checkout in `root`. */
export function litePlaces(root: string): LitePlaces {
  const own = join(root, ".berth", "lite");
  const hash = createHash("sha256").update(root).digest("hex").slice(0, 12);
  return {
    settings: join(root, ".env"),
    data: join(own, "postgres"),
    media: join(own, "media"),
    socket: join(tmpdir(), `berth-lite-${process.getuid?.() ?? 0}-${hash}`),
  };
}

/**
 * Reads `.env`. One that was made for another environment is refused rather than half obeyed.
 *
 * @throws {SettingProblems} naming every line that does not belong into lite mode.
 */
export function readSettingsFile(path: string): Readonly<Record<string, string>> {
  if (!existsSync(path)) return {};
  const values = parse(readFileSync(path));
  const wrong = Object.entries(values).flatMap(([name, value]) => {
    if (name.startsWith("DATABASE_"))
      return [`${name} in ${path}: lite mode brings its own database. Take the line out.`];
    if ((name === "APP_ENV" || name === "NODE_ENV") && value !== "development")
      return [
        `${name} in ${path}: the file was made for the environment ${value}, lite mode is for development. Move the file away.`,
      ];
    if (name === "STACK" && value !== "lite")
      return [
        `${name} in ${path}: the file was made for the stack ${value}, not for lite mode. Move the file away.`,
      ];
    return [];
  });
  if (wrong.length > 0) throw new SettingProblems(wrong);
  return values;
}

/**
 * What the app's programs read in lite mode: the shell's variables win over the file's, and both
 * over what lite mode would choose, but for the database.
 */
export function liteEnvironment(
  places: LitePlaces,
  file: Readonly<Record<string, string>>,
  shell: Environment,
): Environment {
  return {
    STACK: "lite",
    MEDIA_DIR: places.media,
    METRICS_PORT: "0",
    DRAIN_TIMEOUT: "3",
    DATABASE_POOL_MAX: "5",
    ...file,
    ...shell,
    WORKERS: "1",
    DATABASE_HOST: places.socket,
    DATABASE_PORT: "5432",
    DATABASE_NAME: "postgres",
    DATABASE_USER: "postgres",
    DATABASE_PASSWORD_FILE: undefined,
  };
}
