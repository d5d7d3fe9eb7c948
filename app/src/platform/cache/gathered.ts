/**
 * Makes one call out of all that come up in the same turn of the event loop.
 *
 * @param work gets the arguments in order, and gives a result for each
 * @returns the call for one; it fails for all when `work` does
 */
export function gathered<Argument, Result>(
  work: (all: readonly Argument[]) => Promise<readonly Result[]>,
): (argument: Argument) => Promise<Result> {
  let waiting: { all: Argument[]; results: Promise<readonly Result[]> } | undefined;
  return async (argument) => {
    if (waiting === undefined) {
      const all: Argument[] = [];
      const results = new Promise<void>((resolve) => {
        setImmediate(resolve);
      }).then(() => {
        waiting = undefined;
        return work(all);
      });
      waiting = { all, results };
    }
    const { all, results } = waiting;
    const place = all.push(argument) - 1;
    return (await results)[place] as Result;
  };
}
