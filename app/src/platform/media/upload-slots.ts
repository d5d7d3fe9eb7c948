import { tooManyRequests } from "../problems/problems.ts";

/**
 * Uploads that a process takes at once. Each holds a picture whole or the parts of an S3 upload, so
 * this times the largest file is what uploads may take of the memory.
 */
const mostAtOnce = 4;
/** Uploads of one person at once. */
const mostPerPerson = 2;

/** Bounds the uploads that are under way in this process. */
export function createUploadSlots() {
  const held = new Map<number, number>();
  let total = 0;
  return {
    /**
     * Runs an upload in a slot.
     *
     * @throws too-many-requests while all are taken, or the person's own
     */
    async hold<Result>(personId: number, work: () => Promise<Result>): Promise<Result> {
      const own = held.get(personId) ?? 0;
      if (own >= mostPerPerson || total >= mostAtOnce) {
        const whose = own >= mostPerPerson ? "Your other uploads are" : "Other uploads are";
        throw tooManyRequests(`${whose} still under way: repeat in a moment.`, {
          headers: { "Retry-After": "2" },
        });
      }
      held.set(personId, own + 1);
      total += 1;
      try {
        return await work();
      } finally {
        total -= 1;
        const left = (held.get(personId) ?? 1) - 1;
        if (left > 0) held.set(personId, left);
        else held.delete(personId);
      }
    },
  };
}
