import { setTimeout } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { getMonitor } from "@pulumi/pulumi/runtime/settings.js";

/** A resource as the program registered it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  /** URN of the parent. */
  readonly parent: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Names of the inputs that the engine was told are secret. */
  readonly secrets: readonly string[];
  readonly deleteBeforeReplace: boolean;
  readonly retainOnDelete: boolean;
  /** URN of what it goes with. */
  readonly deletedWith: string;
  /** URNs, by `dependsOn` and by inputs. */
  readonly dependencies: readonly string[];
  /** URNs of those that inputs come from. */
  readonly inputsFrom: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly ignoreChanges: readonly string[];
  /** Earlier names, or URNs. */
  readonly aliases: readonly string[];
}

/** Signature by which Pulumi's wire format marks a secret. */
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/** What is read of Pulumi's RegisterResourceRequest. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getDeletebeforereplace(): boolean;
  getRetainondelete(): boolean;
  getDeletedwith(): string;
  getDependenciesList(): string[];
  getPropertydependenciesMap(): Map<string, { getUrnsList(): string[] }>;
  getReplaceonchangesList(): string[];
  getIgnorechangesList(): string[];
  getAliasesList(): { getUrn(): string; getSpec(): { getName(): string } | undefined }[];
  getObject(): { toJavaScript(): Record<string, unknown> };
}

interface Monitor {
  registerResource: (request: RegisterRequest, callback: unknown) => Promise<void>;
}

/** Takes the wire format's wrapping of secrets off. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (Object.values(value).includes(secretMark) && "value" in value) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function record(request: RegisterRequest): Registered {
  const inputs = request.getObject().toJavaScript();
  return {
    type: request.getType(),
    name: request.getName(),
    parent: request.getParent(),
    inputs: plain(inputs) as Record<string, unknown>,
    secrets: Object.keys(inputs).filter((key) => JSON.stringify(inputs[key]).includes(secretMark)),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    retainOnDelete: request.getRetainondelete(),
    deletedWith: request.getDeletedwith(),
    dependencies: request.getDependenciesList(),
    inputsFrom: [...request.getPropertydependenciesMap().values()].flatMap((input) => input.getUrnsList()),
    replaceOnChanges: request.getReplaceonchangesList(),
    ignoreChanges: request.getIgnorechangesList(),
    aliases: request.getAliasesList().map((alias) => alias.getSpec()?.getName() ?? alias.getUrn()),
  };
}

/** The engine refuses a second resource of the same type and name under one parent. */
function unlike(registered: readonly Registered[], one: Registered): Registered {
  const same = registered.some(
    ({ type, name, parent }) => type === one.type && name === one.name && parent === one.parent,
  );
  if (same) throw new Error(`Duplicate resource ${one.type} ${one.name}`);
  return one;
}

/** What the providers would answer. */
function stateOf({ type, name, inputs }: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
  const given = inputs as Record<string, unknown>;
  const state = { ...given, name: given["name"] ?? name };
  if (type === "random:index/randomPassword:RandomPassword") return { ...state, result: `${name}-generated` };
  if (type === "random:index/randomId:RandomId") return { ...state, hex: `${name}-0a1b` };
  if (type === "docker:index/remoteImage:RemoteImage") return { ...state, imageId: "sha256:0" };
  if (type === "command:local:Command" && name.startsWith("base-")) {
    return { ...state, stdout: JSON.stringify({ reference: `images/${name}`, source: "debian" }) };
  }
  if (type === "command:local:Command" && name.endsWith("-rotation")) return { ...state, stdout: "0" };
  if (type === "command:local:Command" && name.endsWith("-push")) {
    return { ...state, stdout: `sha256:${"0a".repeat(32)}` };
  }
  const derived = type === "command:local:Command" && /^(backup|watcher)-image-build$/.exec(name);
  if (derived) return { ...state, stdout: `berth/${derived[1] ?? ""}:0a1b2c3d4e5f\n` };
  return state;
}

/**
 * Resources register when their inputs are known, so the program is done when no registration leads
 * to another.
 */
async function settled(count: () => number): Promise<void> {
  for (let before = -1; before !== count();) {
    before = count();
    await setTimeout(300);
  }
}

/** What the commands print that run at every preview. */
function printed(command: string, serving: string): string {
  if (command.includes("serving-replicas.sh")) return serving;
  return command.includes("shared-network.sh") ? "shared-network 172.30.0.0/16\n" : "";
}

/**
 * Runs the whole program against an engine that only writes down. One run a process: the program is
 * a module.
 * @param config settings of the `berth` namespace
 * @param serving the replicas that serve, as the command prints them that runs at every preview
 * @param left what the last update has left, as the engine tells it; nothing by default
 */
export async function runProgram(
  stack: string,
  config: Record<string, string> = {},
  secretKeys: readonly string[] = [],
  serving = "",
  left: Readonly<Record<string, unknown>> = {},
): Promise<readonly Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => ({ id: `${args.name}-id`, state: stateOf(args) }),
      call: (args) => ({
        ...(args.inputs as Record<string, unknown>),
        stdout: printed(JSON.stringify(args.inputs), serving),
        outputs: args.token.endsWith(":readStackResourceOutputs") ? left : {},
      }),
    },
    "berth",
    stack,
  );
  // The mocks' own arguments leave out the options, so the requests are read on their way.
  const monitor = getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    if (request.getType() !== "pulumi:pulumi:Stack") registered.push(unlike(registered, record(request)));
    return register(request, callback);
  };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(config).map(([key, value]) => [`berth:${key}`, value])),
  );
  // The engine hands these over in a variable of their own.
  process.env["PULUMI_CONFIG_SECRET_KEYS"] = JSON.stringify(secretKeys.map((key) => `berth:${key}`));
  await import("../../infra/index.ts");
  await settled(() => registered.length);
  return registered;
}
