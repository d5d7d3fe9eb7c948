import { type MediaRow, thumbnailName } from "./media-service.ts";

/**
 * Where a file is found. Public ones have an address that a proxy can serve by itself; private ones
 * go through the app each time.
 */
export function mediaAddress(row: MediaRow, part: "content" | "thumbnail"): string {
  if (row.private) return `/api/v1/media/${row.id}/${part}`;
  const name = part === "thumbnail" ? thumbnailName(row.name) : row.name;
  return `/media/${name.replace(/^public\//, "")}`;
}
