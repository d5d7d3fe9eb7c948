import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Finding } from "./finding.ts";

const current = z.object({ Name: z.string() });
const instance = z.object({ Driver: z.string() });

/** A builder of buildx that the user has chosen. */
export interface Builder {
  readonly name: string;
  /** `docker-container`, `kubernetes`, `remote`, or `docker` for the engine's own. */
  readonly driver: string;
}

/**
 * The current builder as buildx keeps it (docker/buildx, store/store.go); undefined if it is the
 * engine's own.
 */
export function currentBuilder(env: NodeJS.ProcessEnv): Builder | undefined {
  const folder = env["BUILDX_CONFIG"] ?? join(env["DOCKER_CONFIG"] ?? join(homedir(), ".docker"), "buildx");
  const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), "utf8"));
  try {
    const { Name: name } = current.parse(read("current"));
    if (name === "") return undefined;
    return { name, driver: instance.parse(read(join("instances", name))).Driver };
  } catch {
    return undefined;
  }
}

/**
 * Warns of a builder that runs beside the engine: it cannot see the base images that are built on
 * the engine.
 */
export function builderFindings(builder: Builder | undefined): Finding[] {
  if (builder === undefined || builder.driver === "docker") return [];
  return [
    {
      name: "Builder",
      state: "warning",
      text: `the current builder ${builder.name} (${builder.driver}) cannot see base images of the engine`,
      remedy: "Build on the engine: docker buildx use default",
    },
  ];
}
