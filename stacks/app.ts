import { z } from "zod";
import { reachFields, type basicReachFields } from "./reach.ts";
import { hostPort, secretMap, textMap, webAddress, wholeNumber, type Values } from "./field.ts";

/** Least severe records that the application can be told to write. */
export const logLevels = ["trace", "debug", "info", "warn", "error"] as const;

/** Settings of the application that every stack has. */
export const appFields = {
  appFolder: z
    .string()
    .regex(/^(?!-)[^\0\n:]+$/, "a folder")
    .transform((folder) => folder.replace(/(?<=.)\/+$/, ""))
    .default("app")
    .describe("Folder of the application, from the project's. Its `berth.json` says how it is run."),
  env: textMap(
    "env",
    "Variables of the application for this stack alone: `pulumi config set --path env.LOG_FORMAT json`. Each takes the place of the one in `berth.json`, and is filled in the same way.",
  ),
  drainTimeout: wholeNumber(1, 600, "s")
    .default(25)
    .describe("Seconds that a stopping replica may take to finish its requests."),
  secrets: secretMap(
    "secrets",
    "Secrets of your own modules, by name: `pulumi config set --secret --path secrets.paymentKey`. The application reads them with `config.secret`.",
  ),
  packagesFrom: z
    .enum(["build", "deployer"], "build or deployer")
    .default("build")
    .describe(
      "Who downloads the application's npm packages: the image's `build`, or the `deployer`'s npm, whose .npmrc may hold the token of a private registry.",
    ),
  rateLimit: wholeNumber(0, 1_000_000, "requests/min")
    .default(1200)
    .describe("Requests that one address may send to the application in a minute; 0 for no limit."),
  appMemory: wholeNumber(128, 65_536, "MiB")
    .default(512)
    .describe("Memory limit of one application container, MiB."),
  tracesEndpoint: webAddress("http://collector:4318")
    .optional()
    .describe(
      "Collector that takes the application's traces as OTLP over HTTP; without one there are no traces.",
    )
    .meta({ example: "http://collector:4318" }),
  ...reachFields,
  tracesShare: wholeNumber(0, 100, "%").default(100).describe("Share of requests that are traced, percent."),
};

/** `appPort` of stacks whose application is reached without a proxy. */
export const appPort = hostPort.default(8000);

/** `processes` with the kind's own default. */
export function processesField(fallback: number) {
  return wholeNumber(1, 64).default(fallback).describe("Node processes in each application container.");
}

/** `logLevel` with the kind's own default. */
export function logLevelField(fallback: (typeof logLevels)[number]) {
  return z
    .enum(logLevels, `one of ${logLevels.join(", ")}`)
    .default(fallback)
    .describe("Least severe log records that the application writes.");
}

/** The application's containers. */
export interface AppConfig extends Values<typeof appFields>, Partial<Values<typeof basicReachFields>> {
  readonly logLevel: (typeof logLevels)[number];
  /** Containers serving requests, each from the same image. */
  readonly replicas: number;
  /** Node processes in each container (node:cluster). */
  readonly processes: number;
  /** Host port, where requests reach the application without a proxy. */
  readonly appPort?: number | undefined;
  /** Host address of that port. */
  readonly appAddress: string;
  /** What works off jobs: the replicas, or a container of its own. */
  readonly jobs: "inline" | "container";
  readonly environment: "development" | "production";
  /**
   * Mount `app/src` of this checkout and restart the process inside the container on every change.
   */
  readonly hotReload: boolean;
  /** Fill an empty database with sample data. */
  readonly sampleData: boolean;
}

/** Node processes of one release; each has a pool of database connections. */
export function processesOf({ replicas, processes, jobs }: AppConfig): number {
  return replicas * processes + (jobs === "container" ? 1 : 0);
}
