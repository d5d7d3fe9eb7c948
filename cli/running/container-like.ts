import { z } from "zod";

const mount = z.object({
  Type: z.string(),
  Name: z.string().optional(),
  Source: z.string(),
  Destination: z.string(),
  RW: z.boolean(),
});

const inspected = z.object({
  Image: z.string(),
  Config: z.object({
    Env: z.array(z.string()).nullish(),
    User: z.string(),
    WorkingDir: z.string(),
    Entrypoint: z.array(z.string()).nullish(),
    Cmd: z.array(z.string()).nullish(),
  }),
  HostConfig: z.object({
    ReadonlyRootfs: z.boolean().nullish(),
    Tmpfs: z.record(z.string(), z.string()).nullish(),
    CapDrop: z.array(z.string()).nullish(),
    SecurityOpt: z.array(z.string()).nullish(),
    Memory: z.number().nullish(),
    PidsLimit: z.number().nullish(),
  }),
  Mounts: z.array(mount),
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()) }),
});

/** What a container differs in from the one that it is made after. */
export interface Differences {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Variables by name; undefined for one that is left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Its program and the words for it; the other's if undefined. */
  readonly command?: readonly string[];
  readonly image?: string;
  /** Options for mounts; those of the other that have the same mount point go. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** The networks; the other's if undefined. */
  readonly networks?: readonly string[];
  /** More options of `docker create`. */
  readonly options?: readonly string[];
}

/** A container that is still to be made, as docker commands. */
export interface ContainerLike {
  /** Arguments of `docker create`. */
  readonly create: readonly string[];
  /** Networks to connect it to afterwards: old engines take only one at creation. */
  readonly networks: readonly string[];
}

/**
 * A container that sees what another one sees (image, environment, networks, mounts, limits), and
 * is gone once it has ended.
 * @param inspection what `docker container inspect` prints for the other one
 */
export function containerLike(inspection: string, differences: Differences): ContainerLike {
  const [{ Config: config, HostConfig: host, Image, Mounts, NetworkSettings }] = z
    .tuple([inspected])
    .parse(JSON.parse(inspection));
  const { env = {}, mounts = {}, image = Image, labels, name, options = [] } = differences;
  const [entrypoint = "", ...words] = differences.command ?? [
    ...(config.Entrypoint ?? []),
    ...(config.Cmd ?? []),
  ];
  const [first, ...networks] = differences.networks ?? Object.keys(NetworkSettings.Networks);
  const kept = (config.Env ?? []).filter((entry) => !(entry.replace(/=.*/s, "") in env));
  const changed = Object.entries(env).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${value}`],
  );
  const each = (option: string, values: readonly string[]) => values.flatMap((value) => [option, value]);
  const limit = (option: string, value: number | null | undefined) =>
    (value ?? 0) > 0 ? [option, String(value)] : [];
  return {
    create: [
      ...["create", "--rm", ...(host.ReadonlyRootfs === true ? ["--read-only"] : [])],
      ...["--name", name],
      ...each(
        "--label",
        Object.entries(labels).map((pair) => pair.join("=")),
      ),
      ...each("--user", config.User === "" ? [] : [config.User]),
      ...["--workdir", config.WorkingDir],
      ...each("--env", [...kept, ...changed]),
      ...each("--mount", Object.values(mounts)),
      ...each(
        "--mount",
        Mounts.filter(({ Type, Destination }) => Type !== "tmpfs" && !(Destination in mounts)).map(
          mountOption,
        ),
      ),
      ...each(
        "--tmpfs",
        Object.entries(host.Tmpfs ?? {}).map(([path, how]) => (how === "" ? path : `${path}:${how}`)),
      ),
      ...each("--cap-drop", host.CapDrop ?? []),
      ...each("--security-opt", host.SecurityOpt ?? []),
      ...limit("--memory", host.Memory),
      ...limit("--pids-limit", host.PidsLimit),
      ...each("--network", first === undefined ? [] : [first]),
      ...options,
      ...["--entrypoint", entrypoint],
      image,
      ...words,
    ],
    networks,
  };
}

function mountOption({ Type, Name, Source, Destination, RW }: z.output<typeof mount>): string {
  const source = Type === "volume" ? (Name ?? "") : Source;
  return `type=${Type},source=${source},target=${Destination}${RW ? "" : ",readonly"}`;
}
