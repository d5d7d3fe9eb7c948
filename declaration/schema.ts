import { z } from "zod";

/** A command: words, or one text that is split as a shell does it. */
const command = z
  .union([z.string().min(1), z.array(z.string()).min(1)])
  .meta({ description: 'A command: "node server.js", or its words as a list.' });

const inFolder = z
  .string()
  .regex(/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$)).+$/, "a path below the application's folder")
  .transform((path) => path.replace(/^\.\//, "").replace(/(?<=.)\/+$/, ""));

const inImage = z
  .string()
  .regex(/^\/(?!\/)[\w@%+=./-]+$/, "an absolute path in the image")
  .transform((path) => path.replace(/\/+$/, ""));

const seconds = (most: number) =>
  z.int(`a whole number of seconds from 1 to ${most}`).min(1).max(most, `at most ${most} seconds`);

const staticFolder = z.strictObject({
  at: z
    .string()
    .regex(/^\/(?:[\w.~-]+\/)+$/, 'a path that begins and ends with a slash, such as "/static/"')
    .describe('Path that the files are asked for below, such as "/static/".'),
  folder: inImage.describe("Folder of the image with the files."),
});

const build = z.strictObject({
  dockerfile: inFolder
    .optional()
    .describe(
      "Dockerfile, from the application's folder. Default: Dockerfile; without one, berth builds by the lockfile.",
    ),
  context: z.string().min(1).default(".").describe("Build context, from the application's folder."),
  target: z.string().min(1).optional().describe("Stage that the image is made from. Default: the last one."),
  args: z.record(z.string(), z.string()).default({}).describe("Build arguments; none of them may be secret."),
});

const migrate = z.strictObject({
  up: command.describe(
    "Brings the schema up to date, and ends with 0. It runs before any new replica starts.",
  ),
  down: command.optional().describe("Reverts the last migration: `npx berth migrate down`."),
  status: command.optional().describe("Lists applied and pending migrations: `npx berth migrate status`."),
  unlock: command.optional().describe("Releases the lock of a killed migration: `npx berth migrate unlock`."),
  folder: inFolder
    .optional()
    .describe(
      "Folder with the migrations. Default: what the knexfile says, prisma/migrations, drizzle or migrations.",
    ),
});

const commands = z.strictObject({
  seed: command.optional().describe("Loads sample data: `npx berth seed`; `dev` runs it on each release."),
  createAdmin: command.optional().describe("Makes an administrator: `npx berth create-admin`."),
  createInvitation: command.optional().describe("Invites a person: `npx berth create-invitation`."),
  testMail: command.optional().describe("Sends a test mail: `npx berth test-mail`."),
  shell: command
    .optional()
    .describe("A prompt with the application's services: `npx berth shell`. Default: node."),
});

const reload = z.strictObject({
  from: inFolder.describe("Folder with sources, from the application's folder."),
  to: inImage.describe("The same folder in the image."),
});

/** What an application says of itself; every part has the usual default. */
export const declarationSchema = z.strictObject({
  $schema: z.string().optional().describe("This schema, for editors."),
  image: z
    .string()
    .regex(/^[\w][\w./:-]*@sha256:[0-9a-f]{64}$/, "an image by its digest, name@sha256:…")
    .optional()
    .describe("Image that was built elsewhere, by its digest. It is run instead of one that is built here."),
  build: build.optional().describe("How the image is built."),
  runtime: z
    .enum(["layer", "native"], "layer or native")
    .default("layer")
    .describe(
      "`layer`: berth adds a file that Node loads first; it sets secrets, keeps connections, drains and answers for health. `native`: the application does all of that itself.",
    ),
  web: command
    .optional()
    .describe("Serves requests. Default: the image's own command; without a Dockerfile, scripts.start."),
  worker: command
    .nullable()
    .default(null)
    .describe("Works off jobs in a container of its own in `prod`; null for none."),
  port: z
    .int("a port")
    .min(1, "a port")
    .max(65_535, "a port")
    .optional()
    .describe("Port that it listens on; PORT says it as well. Default: the Dockerfile's EXPOSE, else 3000."),
  health: z
    .string()
    .regex(/^\/[\w./~-]*$/, 'a path such as "/health"')
    .optional()
    .describe("Path that answers 2xx if the replica may get requests. Default: berth's layer answers."),
  check: command
    .optional()
    .describe("Command in the container that ends with 0 if it is healthy, instead of a request."),
  workerCheck: command.optional().describe("The same for the worker. Default: its process runs."),
  start: seconds(3600).default(90).describe("Seconds that a container may take until it is healthy."),
  migrate: migrate.optional().describe("Migrations of the database."),
  commands: commands.prefault({}).describe("Commands that `npx berth` runs in the container."),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_]\w*$/, "a variable's name"),
      z.union([z.string(), z.number(), z.boolean()]),
    )
    .default({})
    .describe(
      "Variables. ${database.host} and the like are filled in; a value with ${secret.…} is set in the process and shows nowhere else.",
    ),
  static: z.array(staticFolder).default([]).describe("Folders that Nginx serves without the application."),
  uploads: inImage.optional().describe("Folder of uploads: a volume that outlives the stack."),
  user: z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe("Numeric user and group. Default: the Dockerfile's, else 1000."),
  tmp: z.int().min(1).max(65_536).default(64).describe("Size of /tmp, MiB."),
  writable: z
    .array(inImage)
    .default([])
    .describe("Further folders that are writable, in memory; the rest is read-only."),
  headers: z
    .enum(["app", "strict"], "app or strict")
    .default("app")
    .describe(
      "`app`: Nginx adds only nosniff and HSTS. `strict`: it adds a strict set, each header if the answer has none.",
    ),
  reload: reload.optional().describe("Sources that `dev` mounts, and restarts the process for."),
});

/** The declaration as it was parsed. */
export type Declared = z.output<typeof declarationSchema>;

/** JSON Schema of `berth.json`, for editors. */
export function declarationJsonSchema(): unknown {
  return z.toJSONSchema(declarationSchema, { io: "input" });
}
