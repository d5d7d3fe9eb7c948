import { block } from "./render-lines.ts";

/** What Nginx has to know of the application in front of which it stands. */
export interface EdgeApp {
  /** Path that answers 2xx if a replica may get requests. */
  readonly health: string;
  /** Paths below which Nginx serves static files by itself, each with a slash at both ends. */
  readonly staticPaths: readonly string[];
  /**
   * Nginx serves its uploads, and keeps its health routes to itself: it is of berth's own kind.
   */
  readonly native: boolean;
  /** Nginx adds the whole set of security headers, each if the answer has none. */
  readonly strictHeaders: boolean;
}

/** Files of a configuration set that the application decides about. */
export function applicationFiles({ health, staticPaths, native }: EdgeApp): Record<string, string> {
  const locations = staticPaths.map((path) =>
    block(`location ^~ ${path}`, [
      block("if ($closing)", ["return 461;"]),
      "include snippets/asset-files.conf;",
    ]),
  );
  const own = native ? ["include snippets/own-probes.conf;", "include snippets/media.conf;"] : [];
  return {
    "application/probe.conf": `proxy_pass http://application${health};\n`,
    "application/site.conf": `${[...own, ...locations].join("\n")}\n`,
  };
}

/** Which of the security headers' two sets an answer of the application gets, for the snippets. */
export function applicationKind({ strictHeaders }: EdgeApp): string {
  return block("map $server_port $application_kind", [`default ${strictHeaders ? "app" : "foreign"};`]);
}
