import { z } from "zod";

const volumes = z.array(z.object({ Name: z.string(), Labels: z.record(z.string(), z.string()).nullable() }));

/** A record that is the label of a volume on the engine. */
export interface Labelled<T> {
  readonly record: T;
  readonly volume: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The records among volumes. A label that is no record is passed over: it is not ours.
 * @param inspection what `docker volume inspect` prints
 */
export function parseVolumes<T>(inspection: string, label: string, schema: z.ZodType<T>): Labelled<T>[] {
  return volumes.parse(JSON.parse(inspection)).flatMap(({ Name: volume, Labels }) => {
    const labels = Labels ?? {};
    const { success, data } = schema.safeParse(parseJson(labels[label]));
    return success ? [{ record: data, volume, labels }] : [];
  });
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
