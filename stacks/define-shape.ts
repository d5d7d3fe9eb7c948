import type { z } from "zod";
import type { StackShape } from "./shape.ts";

interface Parsed {
  readonly shape: StackShape;
  /** One line each, with the setting's name and the fix. */
  readonly problems: readonly string[];
}

/** A kind of stack: the settings it takes, and what they make of it. */
export interface ShapeDefinition {
  /** Schema of every setting, by name; `description` says what it is for. */
  readonly fields: Readonly<Record<string, z.ZodType>>;
  /**
   * The shape that the settings make, and what is wrong with them taken together.
   * @throws z.ZodError with an issue for every bad setting
   */
  readonly parse: (stack: string, raw: Readonly<Record<string, string>>) => Parsed;
}

/**
 * Joins a settings schema with the function that turns its values into a stack's shape.
 * @param problemsOf what the schema cannot see, field by field: values that contradict each other
 */
export function defineShape<S extends z.ZodObject>(
  settings: S,
  toShape: (stack: string, values: z.output<S>) => StackShape,
  problemsOf: (shape: StackShape, values: z.output<S>) => readonly string[] = () => [],
): ShapeDefinition {
  return {
    fields: settings.shape,
    parse: (stack, raw) => {
      const values = settings.parse(raw);
      const shape = toShape(stack, values);
      return { shape, problems: problemsOf(shape, values) };
    },
  };
}
