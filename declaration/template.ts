import { nearest } from "../stacks/nearest.ts";

const filters: Readonly<Record<string, (text: string) => string>> = {
  url: encodeURIComponent,
  json: (text) => JSON.stringify(text).slice(1, -1),
};

/** `${name}` or `${name|filter}`; `$${` stands for `${` itself. */
const placeholder = /\$(\$\{)|\$\{([^}]*)\}/g;

interface Named {
  readonly name: string;
  readonly filter: string | undefined;
}

function named(inside: string): Named {
  const [name = "", filter] = inside.split("|").map((part) => part.trim());
  return { name, filter };
}

/** The names that a template wants. */
export function namesIn(template: string): string[] {
  return [...template.matchAll(placeholder)].flatMap(([, , inside]) =>
    inside === undefined ? [] : [named(inside).name],
  );
}

/** Whether an application is told of the stack's Redis. */
export function wantsCache(env: Readonly<Record<string, string>>): boolean {
  const names = Object.values(env).flatMap(namesIn);
  return names.some((name) => name.startsWith("cache.") || name === "secret.cachePassword");
}

/** Whether a value is to be kept from everything that shows a container's environment. */
export function isSecret(template: string): boolean {
  return namesIn(template).some((name) => name.startsWith("secret."));
}

/**
 * What is wrong with a template.
 * @param known every name that templates may have
 */
export function templateProblems(template: string, known: readonly string[]): string[] {
  const wrong = [...template.matchAll(placeholder)].flatMap(([whole, , inside]) => {
    if (inside === undefined) return [];
    const { name, filter } = named(inside);
    if (!known.includes(name)) {
      const meant = nearest(name, known);
      return [`${whole} names no value${meant === undefined ? "" : `; did you mean \${${meant}}?`}`];
    }
    if (filter !== undefined && !Object.hasOwn(filters, filter)) {
      return [`${whole} has an unknown filter. Filters are ${Object.keys(filters).join(" and ")}`];
    }
    return [];
  });
  const open = template.replace(placeholder, "").includes("${");
  return open ? [...wrong, `"${template}" opens \${ and does not close it`] : wrong;
}

/**
 * Fills a template in.
 * @param values by name
 * @returns undefined if it names something that the stack does not have, such as a mail server
 */
export function fillIn(
  template: string,
  values: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (namesIn(template).some((name) => values[name] === undefined)) return undefined;
  return template.replace(placeholder, (_whole, literal: string | undefined, inside: string | undefined) => {
    if (literal !== undefined) return literal;
    const { name, filter } = named(inside ?? "");
    const value = values[name] ?? "";
    return filter === undefined ? value : (filters[filter]?.(value) ?? value);
  });
}
