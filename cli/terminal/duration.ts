/** A duration as people read it: `0.4 s`, `12 s`, `3 m 05 s`, `2 h 10 m`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${pad(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} m`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/**
 * Reads a duration such as `90s`, `10m`, `1h`, `1h30m` or a plain number of seconds.
 * @returns seconds, or undefined where the text is none
 */
export function parseDuration(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (text === "" || match === null) return undefined;
  const parts: (string | undefined)[] = match.slice(1);
  return parts.reduce((total, part, index) => total + Number(part ?? 0) * 60 ** (2 - index), 0);
}

function pad(part: number): string {
  return String(part).padStart(2, "0");
}
