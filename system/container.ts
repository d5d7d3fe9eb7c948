import { z } from "zod";

/** A host port that a container holds. */
export interface HeldPort {
  /** Host address; 0.0.0.0 or :: for all of them. */
  readonly address: string;
  readonly port: number;
  /** Port inside the container. */
  readonly inside: number;
}

/** A container of a stack, as far as berth's commands care. */
export interface Container {
  readonly id: string;
  readonly name: string;
  /** The stack that started it. */
  readonly stack: string | undefined;
  /** Label `berth.project`. */
  readonly project?: string | undefined;
  /**
   * Label `berth.part`. In a stack that began with an earlier version, the container that publishes
   * the proxy's ports has that of Nginx; it is `listener` here once another one is Nginx.
   */
  readonly part: string;
  /** Label `berth.release`. */
  readonly release: string | undefined;
  readonly image: string;
  /** Docker's word: created, running, restarting, exited, paused, dead, removing. */
  readonly status: string;
  readonly exitCode: number;
  /** Docker's word, if the container has a healthcheck: starting, healthy, unhealthy. */
  readonly health: string | undefined;
  readonly created: Date;
  readonly started: Date;
  readonly ports: readonly HeldPort[];
  /**
   * Its variable PUBLIC_URLS, or PUBLIC_URL: how people reach what it serves. Empty if it has
   * neither.
   */
  readonly publicUrls: readonly string[];
  /** Nginx sends it no requests, while or since it was to be replaced; unknown if unset. */
  readonly outOfService?: boolean;
}

const binding = z.object({ HostIp: z.string(), HostPort: z.string() });
const bindings = z.record(z.string(), z.array(binding).nullable()).nullish();

const inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  Created: z.coerce.date(),
  State: z.object({
    Status: z.string(),
    ExitCode: z.number(),
    StartedAt: z.coerce.date(),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({
    Image: z.string(),
    Labels: z.record(z.string(), z.string()).nullish(),
    Env: z.array(z.string()).nullish(),
  }),
  NetworkSettings: z.object({ Ports: bindings }),
});

/** Reads what `docker inspect` prints for containers, in the order of parts and names. */
export function parseContainers(json: string): Container[] {
  const containers = z
    .array(inspected)
    .parse(JSON.parse(json))
    .map((raw): Container => {
      const labels = raw.Config.Labels ?? {};
      const name = raw.Name.replace(/^\//, "");
      return {
        id: raw.Id,
        name,
        stack: stackOf(labels),
        project: labels["berth.project"],
        part: labels["berth.part"] ?? name,
        release: labels["berth.release"],
        image: raw.Config.Image,
        status: raw.State.Status,
        exitCode: raw.State.ExitCode,
        health: raw.State.Health?.Status,
        created: raw.Created,
        started: raw.State.StartedAt,
        ports: heldPorts(raw.NetworkSettings.Ports ?? {}),
        publicUrls: publicUrls(raw.Config.Env ?? []),
      };
    });
  const behind = (one: Container) =>
    containers.some(
      ({ part, ports, project, stack, status }) =>
        part === "nginx" &&
        ports.length === 0 &&
        status === "running" &&
        project === one.project &&
        stack === one.stack,
    );
  return containers
    .map((one) =>
      one.part === "nginx" && one.ports.length > 0 && behind(one) ? { ...one, part: "listener" } : one,
    )
    .sort((a, b) => a.part.localeCompare(b.part) || a.name.localeCompare(b.name));
}

/**
 * Label `berth.stack`, except for a container that was started by hand from the application's
 * image: that one has the image's labels, among them this one and the part `app`, and lacks
 * `berth.project`, which every container of a part has.
 */
function stackOf(labels: Readonly<Record<string, string>>): string | undefined {
  const byHand = labels["berth.part"] === "app" && labels["berth.project"] === undefined;
  return byHand ? undefined : labels["berth.stack"];
}

function heldPorts(ports: Readonly<Record<string, z.infer<typeof binding>[] | null>>): HeldPort[] {
  return Object.entries(ports).flatMap(([inside, held]) =>
    (held ?? []).map(({ HostIp, HostPort }) => ({
      address: HostIp === "" ? "0.0.0.0" : HostIp,
      port: Number(HostPort),
      inside: Number.parseInt(inside, 10),
    })),
  );
}

function publicUrls(env: readonly string[]): string[] {
  const valueOf = (name: string) => env.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
  return (valueOf("PUBLIC_URLS") ?? valueOf("PUBLIC_URL") ?? "").split(",").filter((url) => url !== "");
}
