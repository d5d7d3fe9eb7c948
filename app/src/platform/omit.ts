/** A copy of an object without one of its entries. */
export function omit<Source extends object, Name extends string>(
  source: Source,
  name: Name,
): Omit<Source, Name> {
  return Object.fromEntries(Object.entries(source).filter(([key]) => key !== name)) as Omit<Source, Name>;
}
