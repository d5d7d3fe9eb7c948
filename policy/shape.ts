/** A resource as a rule sees it: in a preview, in an update, in a state, or as a test made it. */
export interface Shape {
  /** Pulumi's type. */
  readonly type: string;
  /** Name in the program. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Whether the object outlives its resource; undefined where the engine does not tell. */
  readonly retained?: boolean;
}

/** What stands in place of a value that only the update will know. */
export const unknown: unique symbol = Symbol("unknown until the update");

export const containerType = "docker:index/container:Container";
export const volumeType = "docker:index/volume:Volume";
export const imageType = "docker:index/remoteImage:RemoteImage";

/** An input's elements; none if it is missing or not known yet. */
export function elements(shape: Shape, input: string): readonly unknown[] {
  const value = shape.inputs[input];
  return Array.isArray(value) ? (value as readonly unknown[]).filter((one) => one !== unknown) : [];
}

/** An input's elements that are objects. */
export function records(shape: Shape, input: string): readonly Readonly<Record<string, unknown>>[] {
  return elements(shape, input).filter(
    (one): one is Record<string, unknown> => typeof one === "object" && one !== null,
  );
}

/** An input as text; undefined if it is missing, not known yet or something else. */
export function text(shape: Shape, input: string): string | undefined {
  const value = shape.inputs[input];
  return typeof value === "string" ? value : undefined;
}

/** The part of the stack that an object is, by its label. */
export function partOf(shape: Shape): string | undefined {
  const label = records(shape, "labels").find((one) => one["label"] === "berth.part");
  return typeof label?.["value"] === "string" ? label["value"] : undefined;
}

/** Environment variables by name, in the order in which they are given. */
export function variables(shape: Shape): readonly (readonly [name: string, value: string])[] {
  return elements(shape, "envs").flatMap((one) => {
    if (typeof one !== "string") return [];
    const [name = "", ...rest] = one.split("=");
    return [[name, rest.join("=")] as const];
  });
}

/** Whether a container runs for good, and not to do one thing and end. */
export function keepsRunning(shape: Shape): boolean {
  return shape.inputs["mustRun"] !== false;
}
