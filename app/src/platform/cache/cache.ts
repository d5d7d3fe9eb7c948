/** Short-lived values that may be lost at any time. */
export interface Cache {
  /** Counts one more on `key` and returns the count; it starts again `seconds` after its first. */
  count(key: string, seconds: number): Promise<number>;
  /**
   * The value of `key`, or what `load` gives, kept for `seconds`. Values survive JSON or are not
   * for the cache.
   */
  read<Value>(key: string, seconds: number, load: () => Promise<Value>): Promise<Value>;
  /** Forgets a value, so that the next read loads it afresh. */
  forget(key: string): Promise<void>;
  close(): Promise<void>;
}

interface Entry {
  readonly until: number;
  value: unknown;
}

/** Keys kept at most; the oldest go first. At some hundred bytes each this is a few MB. */
const mostKeys = 20_000;

/** A cache in this process's memory. Other processes have their own. */
export function createMemoryCache(now: () => number = Date.now): Cache {
  const entries = new Map<string, Entry>();
  const find = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry && entry.until > now()) return entry;
    entries.delete(key);
    return undefined;
  };
  const keep = (key: string, seconds: number, value: unknown) => {
    const [oldest] = entries.keys();
    if (entries.size >= mostKeys && oldest !== undefined) entries.delete(oldest);
    entries.set(key, { until: now() + seconds * 1000, value });
  };
  return {
    count: (key, seconds) => {
      const entry = find(`count ${key}`);
      if (!entry) {
        keep(`count ${key}`, seconds, 1);
        return Promise.resolve(1);
      }
      entry.value = Number(entry.value) + 1;
      return Promise.resolve(Number(entry.value));
    },
    read: async <Value>(key: string, seconds: number, load: () => Promise<Value>) => {
      const entry = find(`value ${key}`);
      if (entry) return entry.value as Value;
      const value = await load();
      keep(`value ${key}`, seconds, value);
      return value;
    },
    forget: (key) => {
      entries.delete(`value ${key}`);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
