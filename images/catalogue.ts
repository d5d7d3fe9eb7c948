import digests from "./digests.json" with { type: "json" };

/** `repository:tag`, with `@sha256:…` if it is pinned; the tag then only informs the reader. */
function pinned(tag: string): string {
  const digest = (digests as Readonly<Record<string, string>>)[tag];
  return digest === undefined ? tag : `${tag}@${digest}`;
}

/** One base image: where it comes from, and what it is for. */
export interface BaseImageEntry {
  /**
   * The official image by its version tag, and by its digest once `npx berth images pin` has asked
   * the registry for it; null where no such image can exist.
   */
  readonly official: string | null;
  /** Folder under `images/` with the recipe of the equivalent built from Debian packages. */
  readonly recipe: string;
  /**
   * What the recipe builds on, by the name used here; null for a recipe that starts from nothing.
   */
  readonly base: "debian" | "debian-bookworm" | "debian-forky" | null;
  /**
   * Version shown in the tag of the Debian-built image. The recipe decides which version is
   * installed.
   */
  readonly version: string;
  /** Values of the Dockerfile's build arguments; those it declares by default if unset. */
  readonly arguments?: Readonly<Record<string, string>>;
  /** Debian's release that a root file system is made of. Default: the script's own. */
  readonly suite?: string;
  /** Why there is no recipe; the official image alone can be had then. */
  readonly unbuilt?: string;
  /**
   * How many leading numbers of the official tag stay when a newer one is looked for: another line
   * is another kind of change. Default: 1.
   */
  readonly line?: number;
  /** What the stacks use it for. */
  readonly purpose: string;
}

/**
 * Day on which the Debian-built images last took Debian's updates. Their references depend on it,
 * so a newer date rebuilds all of them at the next `pulumi up`; nothing else does, which keeps
 * deploys repeatable.
 */
export const debianPackagesOf = "2026-11-27";

/**
 * Every base image of the stacks. `images/provide.ts` makes one available; `images/README.md`
 * states its contract.
 */
export const baseImages = {
  debian: {
    official: pinned("debian:13.7-slim"),
    recipe: "debian",
    base: null,
    version: "trixie",
    purpose: "final stage of the application image, and base of every other Debian-built image",
  },
  node: {
    official: pinned("node:24.21.0-trixie-slim"),
    recipe: "node",
    base: "debian",
    version: "24.21.0",
    purpose: "build stage of the application image",
  },
  postgres: {
    official: pinned("postgres:17.12-trixie"),
    recipe: "postgres",
    base: "debian",
    version: "17",
    purpose: "database",
  },
  "debian-bookworm": {
    official: null,
    recipe: "debian",
    base: null,
    version: "bookworm",
    suite: "bookworm",
    purpose: "base of the Debian-built PostgreSQL 15",
  },
  "debian-forky": {
    official: null,
    recipe: "debian",
    base: null,
    version: "forky",
    suite: "forky",
    purpose: "base of the Debian-built PostgreSQL 18; Debian's testing release",
  },
  "postgres-15": {
    official: "postgres:15.20-bookworm",
    recipe: "postgres",
    base: "debian-bookworm",
    version: "15",
    arguments: { PG_MAJOR: "15" },
    purpose: "database of stacks with postgresVersion 15",
  },
  "postgres-16": {
    official: "postgres:16.16-trixie",
    recipe: "postgres",
    base: null,
    version: "16",
    unbuilt: "no release of Debian has PostgreSQL 16",
    purpose: "database of stacks with postgresVersion 16",
  },
  "postgres-18": {
    official: "postgres:18.6-trixie",
    recipe: "postgres",
    base: "debian-forky",
    version: "18",
    arguments: {
      PG_MAJOR: "18",
      PG_VOLUME: "/var/lib/postgresql",
      PG_DATA: "/var/lib/postgresql/18/docker",
    },
    purpose: "database of stacks with postgresVersion 18",
  },
  adminer: {
    official: pinned("adminer:5.4.2"),
    recipe: "adminer",
    base: "debian",
    version: "5",
    purpose: "database interface of development stacks",
  },
  nginx: {
    official: pinned("nginx:1.30.7-trixie"),
    recipe: "nginx",
    base: "debian",
    version: "1.26",
    // Even middle numbers are stable lines, odd ones the development before the next.
    line: 2,
    purpose: "reverse proxy",
  },
  certbot: {
    official: pinned("certbot/dns-cloudflare:v5.10.0"),
    recipe: "certbot",
    base: "debian",
    version: "5.8.0",
    purpose: "certificates by ACME, with the Cloudflare DNS plugin",
  },
  redis: {
    official: pinned("redis:8.10.2-trixie"),
    recipe: "redis",
    base: "debian",
    version: "8",
    purpose: "cache and rate limits",
  },
  layer: {
    official: null,
    recipe: "layer",
    base: "debian",
    version: "1",
    purpose: "what is put on top of an application's image, and Node loads first",
  },
  "machine-ca": {
    official: null,
    recipe: "machine-ca",
    base: null,
    version: "",
    purpose: "CA bundle of the deploying machine, for build stages only",
  },
} as const satisfies Record<string, BaseImageEntry>;

/** A base image's name in the catalogue. */
export type BaseImageName = keyof typeof baseImages;

/** The image of each major version of PostgreSQL. */
export const postgresImages = {
  "15": "postgres-15",
  "16": "postgres-16",
  "17": "postgres",
  "18": "postgres-18",
} as const satisfies Record<string, BaseImageName>;

/** Every base image's name, in catalogue order. */
export const baseImageNames = Object.keys(baseImages) as readonly BaseImageName[];
