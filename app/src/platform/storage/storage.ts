import type { Readable } from "node:stream";

/** Headers for a file that another server sends to the browser. */
export interface Delivery {
  readonly contentType: string;
  readonly disposition: string;
  /** Seconds that the address works. */
  readonly seconds: number;
}

/**
 * Where the bytes of uploaded files lie, by name: `public/…` or `private/…`, made by the app, never
 * by people.
 */
export interface Storage {
  /**
   * Writes a file as it comes; it has its name only once it is complete. @throws unavailable when
   * it cannot write.
   */
  write(name: string, content: Readable, contentType: string): Promise<void>;
  /** @throws not-found; unavailable if the storage does not answer */
  read(name: string): Promise<Readable>;
  remove(name: string): Promise<void>;
  /**
   * An address where anybody gets the file for a while; `undefined` where the app has to send it.
   */
  addressOf(name: string, delivery: Delivery): string | undefined;
  /** Size of the disk that the files lie on, in bytes; `undefined` if unknown, as for a bucket. */
  diskBytes(): Promise<number | undefined>;
  /** Why uploads are not possible; `undefined` while they are. */
  problem(): Promise<string | undefined>;
}

const wellFormed = /^[a-z]+\/[\w-]+(?:\.[\w-]+)*\.[a-z]+$/;

/** Refuses every name that was not made here: nothing else may reach a disk or a bucket. */
export function requireOwnName(name: string): void {
  if (!wellFormed.test(name)) throw new Error(`Not a name of ours: ${name}`);
}
