/** Times as clocks of one zone show them. */
export interface ZonedTime {
  /** Name of the zone, such as `Europe/Moscow`. */
  readonly zone: string;
  /**
   * A moment as `<input type="datetime-local">` has it, to the millisecond: `2026-11-21T18:30:05`.
   */
  readonly write: (moment: Date) => string;
  /**
   * The moment that such a text means; `undefined` when it is none. What a clock shows twice a year
   * is taken for the first time, what it leaps over counts on from before the leap.
   */
  readonly read: (text: string) => Date | undefined;
}

const shape = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?$/;
const day = 24 * 3600 * 1000;

/** @param zone a name of the IANA time zone database. */
export function createZonedTime(zone: string): ZonedTime {
  let format: Intl.DateTimeFormat | undefined;

  /** Milliseconds that the zone's clocks are ahead of UTC by. */
  const offsetAt = (moment: number): number => {
    format ??= new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
    const name = format.formatToParts(moment).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const [, sign, hours, minutes, seconds] = /([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(name) ?? [];
    const ahead = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds ?? 0);
    return (sign === "-" ? -ahead : ahead) * 1000;
  };

  return {
    zone,
    write: (moment) =>
      new Date(moment.getTime() + offsetAt(moment.getTime()))
        .toISOString()
        .slice(0, 23)
        .replace(/\.000$/, ""),
    read: (text) => {
      const shown = shape.test(text) ? Date.parse(`${text.replace(" ", "T")}Z`) : Number.NaN;
      // A 30th of February is taken for a day of March: no such text is written.
      if (Number.isNaN(shown) || !new Date(shown).toISOString().startsWith(text.slice(0, 10)))
        return undefined;
      const before = shown - offsetAt(shown - day);
      const after = shown - offsetAt(shown + day);
      return new Date(
        before + offsetAt(before) !== shown && after + offsetAt(after) === shown ? after : before,
      );
    },
  };
}
