import { z } from "zod";
import type { Docker } from "../../system/docker.ts";

const info = z.object({
  ServerVersion: z.string().min(1),
  DockerRootDir: z.string(),
  Name: z.string(),
  OperatingSystem: z.string().default(""),
  SystemTime: z.coerce.date(),
  MemTotal: z.number(),
  NCPU: z.number(),
  /** Whether the kernel can limit the memory of containers. */
  MemoryLimit: z.boolean().default(true),
  /** Whether the kernel can limit the number of their processes. */
  PidsLimit: z.boolean().default(true),
  /** `name=seccomp,profile=default`, `name=rootless`, `name=selinux`, … */
  SecurityOptions: z.array(z.string()).nullish(),
  /** `overlay2`, `overlayfs`, … */
  Driver: z.string().default(""),
  DriverStatus: z.array(z.tuple([z.string(), z.string()])).nullish(),
  /** `1` or `2`. */
  CgroupVersion: z.string().default(""),
  /** Told by engines from 28 on. */
  FirewallBackend: z.object({ Driver: z.string() }).nullish(),
  /** Pools of addresses for networks, if daemon.json or an argument names any. */
  DefaultAddressPools: z.array(z.object({ Base: z.string(), Size: z.number() })).nullish(),
});

/** A client older than 23 ends with 0 and says here why no engine answers. */
const failure = z.object({ ServerErrors: z.array(z.string()).min(1) });

/** The engine that answers, as `docker info` describes it. */
export type DockerInfo = z.infer<typeof info>;

/** Why no engine answers. */
export interface DockerFailure {
  /** The `docker` command is not there. */
  readonly missing: boolean;
  /** Its own words. */
  readonly message: string;
}

/** An engine on the other side of the world answers within this time, or it does not answer. */
const timeoutMs = 20_000;

/** Asks the engine about itself. */
export async function askDocker(docker: Docker): Promise<DockerInfo | DockerFailure> {
  const result = await docker.try(["info", "--format", "{{json .}}"], { timeout: timeoutMs });
  if (result.missing) return { missing: true, message: "the docker command is not on PATH" };
  return parseDockerInfo(result.stdout, result.stderr);
}

/** Reads what `docker info --format '{{json .}}'` prints. */
export function parseDockerInfo(stdout: string, stderr = ""): DockerInfo | DockerFailure {
  const words = stderr.trim() || `no answer within ${timeoutMs / 1000} s`;
  let printed: unknown;
  try {
    printed = JSON.parse(stdout);
  } catch {
    // No JSON: the command's own words say why.
    return { missing: false, message: words };
  }
  const parsed = info.safeParse(printed);
  if (parsed.success) return parsed.data;
  const failed = failure.safeParse(printed);
  return { missing: false, message: failed.success ? failed.data.ServerErrors.join("; ") : words };
}

/** Tells an answer from a failure. */
export function answers(asked: DockerInfo | DockerFailure): asked is DockerInfo {
  return "ServerVersion" in asked;
}

/** Whether the engine runs with one of its security options, such as `rootless` or `selinux`. */
export function hasSecurityOption({ SecurityOptions }: DockerInfo, name: string): boolean {
  return SecurityOptions?.some((option) => option.split(",").includes(`name=${name}`)) === true;
}
