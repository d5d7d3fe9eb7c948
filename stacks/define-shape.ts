import type { z } from "zod";
import type { StackShape } from "./shape.ts";

/** A kind of stack: the settings it takes, and what they make of it. */
export interface ShapeDefinition {
  /** Schema of every setting, by name; `description` says what it is for. */
  readonly fields: Readonly<Record<string, z.ZodType>>;
  /** @throws z.ZodError with an issue for every bad setting */
  readonly parse: (stack: string, raw: Readonly<Record<string, string>>) => StackShape;
}

/** Joins a settings schema with the function that turns its values into a stack's shape. */
export function defineShape<S extends z.ZodObject>(
  settings: S,
  toShape: (stack: string, values: z.output<S>) => StackShape,
): ShapeDefinition {
  return { fields: settings.shape, parse: (stack, raw) => toShape(stack, settings.parse(raw)) };
}
