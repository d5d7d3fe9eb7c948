import type { Rule } from "./rule.ts";
import { containerType, elements, keepsRunning, records, text, unknown, type Shape } from "./shape.ts";

const rule = (name: string, description: string, check: Rule["check"]): Rule => ({
  name,
  description,
  level: "mandatory",
  type: containerType,
  check,
});

/** A number above 0; what the update will know counts as one. */
function positive(shape: Shape, input: string, fix: string): string[] {
  const value = shape.inputs[input];
  return value === unknown || Number(value) > 0 ? [] : [`has no ${input}. ${fix}`];
}

/** Options that open the host to a container, or take one of the engine's own guards away. */
const opening = [
  "privileged",
  "devices",
  "ipcMode",
  "pidMode",
  "usernsMode",
  "cgroupnsMode",
  "cgroupParent",
  "runtime",
  "gpus",
];

const isSet = (value: unknown) => value !== undefined && value !== false && value !== "" && !isEmpty(value);
const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;

function privileges(shape: Shape): string[] {
  const capabilities = shape.inputs["capabilities"] as Readonly<Record<string, unknown>> | undefined;
  const dropped = capabilities?.["drops"];
  return [
    ...opening.filter((option) => isSet(shape.inputs[option])).map((option) => `has ${option}: leave it out`),
    ...(isSet(capabilities?.["adds"]) ? ["is given capabilities: leave capabilities.adds out"] : []),
    ...(Array.isArray(dropped) && dropped.some((one) => one === "ALL" || one === "CAP_ALL")
      ? []
      : ["keeps capabilities. Set capabilities.drops to ALL"]),
    ...(elements(shape, "securityOpts").some((one) => String(one).startsWith("no-new-privileges"))
      ? []
      : ["can gain privileges. Set securityOpts to no-new-privileges"]),
    ...elements(shape, "securityOpts")
      .filter((one) => String(one).endsWith("unconfined"))
      .map((one) => `has ${String(one)}: leave it out`),
    ...(shape.inputs["readOnly"] === true ? [] : ["can write to its root. Set readOnly"]),
    ...(/^(?:0|root)(?::|$)/.test(text(shape, "user") ?? "") ? ["runs as root. Set user"] : []),
  ];
}

/** Folders and files of the host that are in a container. */
function ofHost(shape: Shape): string[] {
  const mounts = records(shape, "mounts").map(({ readOnly, source, target, type }) => ({
    bound: type === "bind",
    host: String(source),
    target: String(target),
    readOnly: readOnly === true,
  }));
  const volumes = records(shape, "volumes").map(({ containerPath, hostPath, readOnly }) => ({
    bound: hostPath !== undefined,
    host: String(hostPath),
    target: String(containerPath),
    readOnly: readOnly === true,
  }));
  return [...mounts, ...volumes].flatMap(({ bound, host, readOnly, target }) => {
    if (/(?:docker|containerd|podman|crio)\.sock$/.test(host) || target.endsWith(".sock")) {
      return [`has the engine's socket ${host}: whoever reaches it owns the host`];
    }
    if (!bound || (readOnly && target.endsWith("/src"))) return [];
    return [`has the host's ${host} in ${target}: use a volume`];
  });
}

function networks(shape: Shape): string[] {
  const mode = text(shape, "networkMode") ?? "";
  const own = shape.inputs["networksAdvanced"];
  // Docker's own bridge is one for all stacks of a host.
  const shared = records(shape, "networksAdvanced").filter(({ name }) =>
    ["bridge", "host", "none", "default"].includes(String(name)),
  );
  return [
    // The provider writes down what Docker takes for granted.
    ...(["", "bridge", "default"].includes(mode) ? [] : [`has networkMode ${mode}: leave it out`]),
    ...shared.map(({ name }) => `is on ${String(name)}, which is not the stack's: use a network of Network`),
    ...(own === unknown || (Array.isArray(own) && own.length > 0)
      ? []
      : ["is on Docker's own bridge, where every container of the host is. Set networksAdvanced"]),
  ];
}

export const containerRules: readonly Rule[] = [
  rule("grace", "A container has time to end in order before it is killed.", (shape) => [
    // The provider kills at once without it, whatever stopTimeout says.
    ...positive(shape, "destroyGraceSeconds", "The provider would kill it at once"),
    ...positive(shape, "stopTimeout", "Docker would kill it after 10 s, whatever it is doing"),
  ]),
  rule("health", "Whether a container works is asked inside it.", (shape) => {
    if (!keepsRunning(shape)) return [];
    const check = shape.inputs["healthcheck"] as { readonly tests?: unknown } | undefined;
    const tests = Array.isArray(check?.tests) ? (check.tests as readonly unknown[]) : [];
    return tests.length > 1 && tests[0] !== "NONE" ? [] : ["has no health check. Set healthcheck"];
  }),
  rule("restart", "A container that ends is started again, unless somebody stopped it.", (shape) => {
    if (!keepsRunning(shape) || ["unless-stopped", "always"].includes(text(shape, "restart") ?? ""))
      return [];
    return ["stays down once it has ended. Set restart to unless-stopped"];
  }),
  rule(
    "limits",
    "A container's memory has a limit, without swap on top, and its share of processors is set.",
    (shape) => [
      ...positive(shape, "memory", "One that leaks would take the host with it"),
      ...(shape.inputs["memorySwap"] === shape.inputs["memory"]
        ? []
        : ["may swap beyond its memory. Set memorySwap to memory"]),
      ...positive(shape, "cpuShares", "Set it, so that what people wait for goes first"),
    ],
  ),
  rule("log-rotation", "A container's log cannot fill the disk.", (shape) => {
    const options = shape.inputs["logOpts"] as Readonly<Record<string, unknown>> | undefined;
    const bounded = isSet(options?.["max-size"]) && isSet(options?.["max-file"]);
    const driver = text(shape, "logDriver");
    if (driver === "none") return ["has no log. Set logDriver to json-file"];
    if (driver === "local" || (driver === "json-file" && bounded)) return [];
    return ["has a log without an end. Set logDriver to json-file, and max-size and max-file in logOpts"];
  }),
  rule("privileges", "A container has no more rights than a process needs.", privileges),
  rule("host-files", "No container has the engine's socket, or files of its host.", ofHost),
  rule("known-networks", "A container is on networks of its stack alone.", networks),
];
