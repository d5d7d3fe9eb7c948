import { resourceName, type StateResource } from "../pulumi/deployment.ts";

/** A part of a stack, drawn as one box: its containers are alike. */
export interface GraphPart {
  readonly part: string;
  readonly containers: readonly string[];
  readonly image: string;
  /** MiB of each container. */
  readonly memory: number;
  /** `address:port` on the host, or the port alone where it is open on every address. */
  readonly ports: readonly string[];
  /** The stack's networks by name in the program, without what all of them begin with. */
  readonly networks: readonly string[];
  /** Volumes with data, by what they hold. */
  readonly data: readonly string[];
}

/** One part asks another, or hands it something. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** What is between them that is no connection; undefined for one. */
  readonly by?: "sockets" | "files";
}

/** What a stack's state says of its parts, and of who asks whom. */
export interface StackGraph {
  readonly parts: readonly GraphPart[];
  readonly edges: readonly GraphEdge[];
}

type Resource = Pick<StateResource, "id" | "inputs" | "type" | "urn"> &
  Pick<Partial<StateResource>, "delete">;
type Inputs = Readonly<Record<string, unknown>>;

const list = (value: unknown): readonly Inputs[] => (Array.isArray(value) ? (value as Inputs[]) : []);
/** A scalar as text; empty for anything else. */
const scalar = (value: unknown) =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";
const words = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

/** Reads the graph out of a state's resources. */
export function stackGraph(resources: readonly Resource[]): StackGraph {
  const all = resources.filter((one) => one.delete !== true);
  const containers = all.filter(({ type }) => type === "docker:index/container:Container");
  const networks = new Map(
    all
      .filter(({ type }) => type === "docker:index/network:Network")
      .map(({ inputs, urn }) => [
        scalar(inputs?.["name"]) || resourceName(urn),
        shortNetwork(resourceName(urn)),
      ]),
  );
  const byPart = new Map<string, Resource[]>();
  for (const one of containers) {
    const part = partOf(one);
    byPart.set(part, [...(byPart.get(part) ?? []), one]);
  }
  const parts = [...byPart].map(([part, own]) => graphPart(part, own, networks));
  return { parts: parts.sort(byDepth), edges: edgesOf(byPart, all) };
}

function graphPart(part: string, own: readonly Resource[], networks: ReadonlyMap<string, string>): GraphPart {
  const [inputs = {}] = own.map((one) => one.inputs ?? {});
  const mounted = [
    ...list(inputs["mounts"]).map(({ source }) => source),
    ...list(inputs["volumes"]).map(({ volumeName }) => volumeName),
  ].map(String);
  return {
    part,
    containers: own.map(({ urn }) => resourceName(urn)).sort(),
    image: String(inputs["image"]),
    memory: Number(inputs["memory"] ?? 0),
    ports: own.flatMap((one) => list(one.inputs?.["ports"]).map(portText)),
    networks: list(inputs["networksAdvanced"]).map(
      ({ name }) => networks.get(String(name)) ?? shortNetwork(String(name)),
    ),
    // Volumes with data are named after their stack and what they hold.
    data: mounted.flatMap((volume) => /-(postgres|media|certificates|backups)$/.exec(volume)?.[1] ?? []),
  };
}

const shortNetwork = (name: string) => name.replace(/^network-/, "").replace(/-network$/, "");

function portText({ external, internal, ip }: Inputs): string {
  const port = scalar(external) || scalar(internal);
  const address = scalar(ip);
  return ["", "0.0.0.0", "::"].includes(address) ? port : `${address}:${port}`;
}

function partOf({ inputs, urn }: Resource): string {
  const label = list(inputs?.["labels"]).find((one) => one["label"] === "berth.part");
  return label === undefined ? resourceName(urn) : String(label["value"]);
}

function edgesOf(byPart: ReadonlyMap<string, readonly Resource[]>, all: readonly Resource[]): GraphEdge[] {
  const edges = new Map<string, GraphEdge>();
  const add = (from: string | undefined, to: string | undefined, by?: GraphEdge["by"]) => {
    if (from === undefined || to === undefined || from === to) return;
    edges.set(`${from} ${to}`, { from, to, ...(by === undefined ? {} : { by }) });
  };
  const holder = (id: string) => [...byPart].find(([, own]) => own.some((one) => one.id === id))?.[0];
  const named = (name: string) =>
    [...byPart].find(([, own]) =>
      own.some((one) => one.inputs?.["name"] === name || one.id === name || resourceName(one.urn) === name),
    )?.[0];
  for (const [part, own] of byPart) {
    const given = own.flatMap((one) => words(one.inputs?.["envs"]));
    for (const [other, others] of byPart) {
      const aliases = others.flatMap((one) =>
        list(one.inputs?.["networksAdvanced"]).flatMap((network) => words(network["aliases"])),
      );
      if (aliases.some((alias) => given.some((value) => asks(value, alias)))) add(part, other);
    }
    const listener = given.find((value) => value.startsWith("LISTENER="))?.slice("LISTENER=".length);
    if (listener !== undefined)
      add(byPart.has("listener") ? (named(listener) ?? "listener") : undefined, part, "sockets");
  }
  const traffic = all.find(({ urn }) => resourceName(urn) === "traffic-switch")?.inputs?.["environment"] as
    Inputs | undefined;
  const proxy = holder(scalar(traffic?.["PROXY"]));
  for (const id of scalar(traffic?.["REPLICAS"]).split(" ")) add(proxy, holder(id));
  if (byPart.has("certbot")) add("certbot", proxy ?? "nginx", "files");
  return [...edges.values()].sort(
    (one, other) => depthOf(one.from) - depthOf(other.from) || depthOf(one.to) - depthOf(other.to),
  );
}

/** Whether a variable's value names a host: all of it, in an address, or in JSON. */
function asks(variable: string, host: string): boolean {
  return new RegExp(`(?:HOST=|SERVER=|://(?:[^/@ ]*@)?|Host":")${host}(?=[:/",]|$)`).test(variable);
}

/** From what people reach to what keeps data. */
const depth = [
  "listener",
  "nginx",
  "certbot",
  "adminer",
  "app",
  "worker",
  "backup",
  "watcher",
  "redis",
  "postgres",
];

function depthOf(part: string): number {
  return depth.includes(part) ? depth.indexOf(part) : depth.indexOf("app");
}

const byDepth = (one: GraphPart, other: GraphPart) => depthOf(one.part) - depthOf(other.part);

/** Rows of a picture, from what people reach to what keeps data. */
export function rowsOf({ parts }: StackGraph): readonly (readonly GraphPart[])[] {
  const rows = [
    ["listener"],
    ["nginx", "certbot", "adminer"],
    ["app", "worker", "backup", "watcher"],
    ["redis", "postgres"],
  ];
  const known = new Set(rows.flat());
  return rows
    .map((row, index) => parts.filter(({ part }) => row.includes(part) || (index === 2 && !known.has(part))))
    .filter((row) => row.length > 0);
}

/** What a box says: its name, how many there are of it, and what it keeps. */
export function linesOf({ containers, data, part, ports }: GraphPart): string[] {
  return [
    containers.length > 1 ? `${part} × ${containers.length}` : part,
    ...(ports.length === 0 ? [] : [ports.join(", ")]),
    ...(data.length === 0 ? [] : [`keeps ${data.join(", ")}`]),
  ];
}
