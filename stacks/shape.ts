import type { EdgeShape } from "./edge-shape.ts";

/** Where a base image comes from: the vendor's registry, our Debian-built equivalent, or whichever can be had. */
export type ImageSource = "auto" | "official" | "debian";

/** The kinds of stack that berth knows; each has a file of its own in this folder. */
export type ShapeName = "dev" | "basic" | "prod";

/** A port of the Docker host that a stack occupies. */
export interface PublishedPort {
  /** The part that listens behind it, as in the label `berth.part`. */
  readonly part: string;
  /** The setting that moves it. */
  readonly setting: string;
  /** Host address it is bound to. */
  readonly address: string;
  /** Host port, 1 to 65535. */
  readonly port: number;
}

/** Upper bounds of one container. */
export interface Limits {
  /** Memory, in MiB; swap is not added on top. */
  readonly memory: number;
  /** Processes and threads, enforced by the kernel's pids controller. */
  readonly pids: number;
  /** Weight beside the other containers while processors are short; 1024 is what Docker gives. */
  readonly cpuShares: number;
  /** Processors at most, for what nobody waits for; all of the host's where unset. */
  readonly cpus?: number;
}

/** The application's containers. */
export interface AppShape {
  /** Containers serving requests, each from the same image. */
  readonly replicas: number;
  /** Node processes in each container (node:cluster). */
  readonly workers: number;
  /** Host port, where requests reach the application without a proxy. */
  readonly port?: PublishedPort;
  readonly environment: "development" | "production";
  /** Mount `app/src` of this checkout and restart the process inside the container on every change. */
  readonly hotReload: boolean;
  /** Jobs have a container of their own; the replicas work them off where there is none. */
  readonly worker: boolean;
  /** Fill an empty database with sample data. */
  readonly sampleData: boolean;
  readonly logLevel: LogLevel;
  /** Where traces go, and the share of requests that are traced, 0 to 1; none where unset. */
  readonly traces?: { readonly endpoint: string; readonly share: number };
  /** Seconds that a stopping replica may take to finish its requests. */
  readonly drainTimeout: number;
  /** Names of the secrets that its modules read. */
  readonly secrets: readonly string[];
  /** Addresses that people type, where the settings say so; those of ports and domains count where empty. */
  readonly publicUrls: readonly string[];
  /** Addresses of proxies in front of a published port whose X-Forwarded-* headers are believed. */
  readonly trustedProxies?: readonly string[];
  readonly accounts: AccountsShape;
  /** Requests a minute from one address; 0 lifts the limit. */
  readonly rateLimit: number;
  readonly limits: Limits;
}

export const logLevels = ["trace", "debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** People's accounts, and how long is kept what they did. */
export interface AccountsShape {
  readonly registration: "open" | "closed";
  /** Who has to have a second factor. */
  readonly secondFactor: "optional" | "staff" | "all";
  /** Who may read the API's description; staff in production and everybody in development where unset. */
  readonly apiDocs?: "open" | "staff";
  /** 0 days are for ever. */
  readonly retention: {
    readonly auditDays: number;
    readonly historyDays: number;
    readonly idempotencyHours: number;
  };
}

/** Outgoing e-mail. The password is a secret of the stack and not part of its shape. */
export interface MailShape {
  /** `smtp://host:port` or `smtps://host:port`, without credentials. */
  readonly url: string;
  /** Whether the connection has to be encrypted. */
  readonly tls: "required" | "off";
  /** Name to log in with; no log-in where unset. */
  readonly user?: string;
  /** Sender. */
  readonly from: string;
}

/** A bucket for uploaded files. The secret key is a secret of the stack and not part of its shape. */
export interface BucketShape {
  /** Address of the service, without a slash at the end. */
  readonly endpoint: string;
  readonly name: string;
  readonly region: string;
  readonly accessKey: string;
  /** Who sends files to people: the application, or the bucket itself. */
  readonly delivery: "app" | "redirect";
}

/** The Postgres container. */
export interface DatabaseShape {
  /** Host port on loopback, for development tools. */
  readonly port?: PublishedPort;
  /** Postgres's `max_connections`. */
  readonly maxConnections: number;
  /** Connections of each application process's pool. */
  readonly poolMax: number;
  readonly limits: Limits;
}

export const strategies = ["blue-green", "rolling"] as const;
/** How replicas are replaced: all at once beside those before, or one at a time in their place. */
export type Strategy = (typeof strategies)[number];

/** The registry that images go to or come from. The password is a secret of the stack and not part of its shape. */
export interface RegistryShape {
  /** `host` or `host:port` of the registry. */
  readonly host: string;
  /** Repository that built images are pushed to, host included; none is pushed where unset. */
  readonly repository?: string;
  /** Account to log in with; nobody logs in where unset. */
  readonly user?: string;
}

/** How releases are made, kept and left again. */
export interface ReleaseShape {
  readonly strategy: Strategy;
  /** Image to run; built from `app/` where unset. */
  readonly image?: string;
  /** Where images are pushed to and pulled from; they stay on the engine where unset. */
  readonly registry?: RegistryShape;
  /** Releases whose images stay on the engine. */
  readonly keep: number;
  /** Seconds that a release is watched after it got the traffic. */
  readonly bakeTime: number;
  /** Share of requests for the image built from `app/`, in per cent, beside `image`. */
  readonly canary?: number;
  /** A secret is made anew whenever its text changes. */
  readonly rotation: { readonly database: string; readonly session: string; readonly cache: string };
  /** Hours that a rotated session key goes on verifying. */
  readonly keyOverlap: number;
}

/** Everything that the program needs to know of one stack: its settings, validated, with defaults filled in. */
export interface StackShape {
  /** Name of the Pulumi stack. */
  readonly stack: string;
  readonly shape: ShapeName;
  readonly imageSource: ImageSource;
  /** Docker engine, as `unix://`, `tcp://` or `ssh://`; the environment's DOCKER_HOST, else the local socket, where unset. */
  readonly dockerHost?: string;
  /** IANA name of the time zone shown to people; data is stored in UTC. */
  readonly timeZone: string;
  /** Language of messages. */
  readonly locale: "en" | "ru";
  readonly app: AppShape;
  readonly release: ReleaseShape;
  readonly database: DatabaseShape;
  /** The proxy in front of the application; nothing is published where unset. */
  readonly edge?: EdgeShape;
  /** Upper bounds of the proxy's container and of Certbot's. */
  readonly edgeLimits?: { readonly proxy: Limits; readonly certbot: Limits };
  /** Redis; each process caches for itself where unset. */
  readonly cache?: Limits;
  /** Outgoing e-mail; it goes to the log where unset. */
  readonly mail?: MailShape;
  /** Where uploaded files lie; a volume where unset. */
  readonly bucket?: BucketShape;
  /** Adminer's host port; no Adminer where unset. */
  readonly adminer?: PublishedPort;
  /** Every host port of the stack. */
  readonly published: readonly PublishedPort[];
}
