import { z } from "zod";
import type { Docker } from "../../system/docker.ts";

const info = z.object({
  ServerVersion: z.string().min(1),
  DockerRootDir: z.string(),
  Name: z.string(),
  SystemTime: z.coerce.date(),
  MemTotal: z.number(),
  NCPU: z.number(),
});

/** The engine that answers. */
export type DockerInfo = z.infer<typeof info>;

/** Why no engine answers. */
export interface DockerFailure {
  /** The `docker` command is not there. */
  readonly missing: boolean;
  /** Its own words. */
  readonly message: string;
}

/** An engine on the other side of the world answers within this time, or it does not answer. */
const TIMEOUT_MS = 20_000;

/** Asks the engine about itself. */
export async function askDocker(docker: Docker): Promise<DockerInfo | DockerFailure> {
  const result = await docker.try(["info", "--format", "{{json .}}"], { timeout: TIMEOUT_MS });
  if (result.missing) return { missing: true, message: "the docker command is not on PATH" };
  try {
    const parsed = info.safeParse(JSON.parse(result.stdout));
    if (parsed.success) return parsed.data;
  } catch {
    // No JSON: the command's own words say why.
  }
  return { missing: false, message: result.stderr.trim() || `no answer within ${TIMEOUT_MS / 1000} s` };
}

/** Tells an answer from a failure. */
export function answers(asked: DockerInfo | DockerFailure): asked is DockerInfo {
  return "ServerVersion" in asked;
}
