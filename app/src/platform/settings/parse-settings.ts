import { settings, type Settings } from "./settings.ts";

type Parsed = { settings: Settings; problems: [] } | { settings?: undefined; problems: readonly string[] };

const shape = settings.shape;

function isSetting(name: string): name is keyof typeof shape {
  return Object.hasOwn(shape, name);
}

/**
 * Says what is wrong and how it is put right, without repeating a value: it could be a secret put
 * in the wrong place.
 */
function explain(name: string, found: string, given: boolean): string {
  const meaning = isSetting(name) ? (shape[name].description ?? "") : "";
  return given ? `${name} ${found}. It is the ${meaning}.` : `${name} is not set. It is the ${meaning}.`;
}

/**
 * Parses environment variables into settings. An empty variable counts as not set, because that is
 * how containers pass a value on that is missing. Returns every problem instead of throwing, so
 * that a caller can add its own.
 */
export function parseSettings(environment: Readonly<Record<string, string | undefined>>): Parsed {
  const given = Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) => isSetting(name) && value !== "" && value !== undefined,
    ),
  );
  const parsed = settings.safeParse(given);
  if (parsed.success) return { settings: parsed.data, problems: [] };
  const problems = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const found = issue.code === "invalid_value" ? `is none of ${issue.values.join(", ")}` : issue.message;
    return explain(name, found, name in given);
  });
  return { problems };
}
