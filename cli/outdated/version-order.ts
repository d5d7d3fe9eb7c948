interface Version {
  /** What surrounds the numbers, such as `v` and `-trixie`. */
  readonly variant: string;
  readonly numbers: readonly number[];
}

function parse(text: string): Version | undefined {
  const [, before = "", numbers, after = ""] = /^(v?)(\d+(?:\.\d+)*)(|-.*)$/.exec(text) ?? [];
  if (numbers === undefined) return undefined;
  return { variant: `${before}…${after}`, numbers: numbers.split(".").map(Number) };
}

function compare(a: readonly number[], b: readonly number[]): number {
  const different = a.findIndex((number, index) => number !== b[index]);
  return different === -1 ? 0 : (a[different] ?? 0) - (b[different] ?? 0);
}

/**
 * The newest of the versions that are newer than the pinned one and of its form: as many numbers,
 * and the same around them. So `1.31.0-alpine` is no successor of `1.30.7-trixie`, and a release
 * candidate none of a release.
 * @param line how many leading numbers have to stay, default none
 * @returns undefined if there is none
 */
export function newestAfter(pinned: string, offered: readonly string[], line = 0): string | undefined {
  const own = parse(pinned);
  if (own === undefined) return undefined;
  return offered
    .flatMap((text) => {
      const version = parse(text);
      return version === undefined ? [] : [{ text, ...version }];
    })
    .filter(
      ({ variant, numbers }) =>
        variant === own.variant &&
        numbers.length === own.numbers.length &&
        compare(numbers.slice(0, line), own.numbers.slice(0, line)) === 0 &&
        compare(numbers, own.numbers) > 0,
    )
    .sort((a, b) => compare(b.numbers, a.numbers))[0]?.text;
}
