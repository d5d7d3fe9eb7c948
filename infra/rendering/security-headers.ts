import { headers as applicationHeaders } from "../../app/src/platform/http/security-headers.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { block, quoted } from "./render-lines.ts";

/** Two years, as Mozilla's guidelines 6.0 and the preload list ask for. https://hstspreload.org */
const hstsSeconds = 63_072_000;

/**
 * Uploads are whatever somebody uploaded: shown in a sandbox, without scripts, and never as a page of ours.
 * https://cheatsheetseries.owasp.org/cheatsheets/File_Upload_Cheat_Sheet.html
 */
const mediaPolicy =
  "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox";

/** The value of Strict-Transport-Security; undefined where the stack does not speak TLS itself. */
export function strictTransportSecurity(edge: EdgeConfig): string | undefined {
  if (edge.tls === "off") return undefined;
  const flags = [edge.hstsSubdomains ? "includeSubDomains" : "", edge.hstsPreload ? "preload" : ""];
  return [`max-age=${hstsSeconds}`, ...flags.filter((flag) => flag !== "")].join("; ");
}

function variableOf(header: string): string {
  return `$edge_${header.toLowerCase().replaceAll("-", "_")}`;
}

function upstreamVariableOf(header: string): string {
  return `$upstream_http_${header.toLowerCase().replaceAll("-", "_")}`;
}

/**
 * Two maps per header: nothing where the application's own answer has it already, the shared default everywhere else. So
 * each is sent exactly once: by the application for its pages, by Nginx for files, uploads, redirects and errors. Plain
 * look-ups, because they are made with every answer.
 *
 * `$edge_kind` is `app`, `asset`, `media` or `page`; of an answer to X-Accel-Redirect, which is `media`, Nginx drops the
 * application's other headers.
 */
export function securityHeaderMaps(): string {
  return Object.entries(applicationHeaders)
    .flatMap(([header, value]) => [
      block(`map $edge_kind ${variableOf(header)}`, [
        `default ${quoted(value)};`,
        `app ${variableOf(header)}_of_app;`,
        header === "Content-Security-Policy" ? `media ${quoted(mediaPolicy)};` : "",
      ]),
      block(`map ${upstreamVariableOf(header)} ${variableOf(header)}_of_app`, [
        `default "";`,
        `"" ${quoted(value)};`,
      ]),
    ])
    .join("\n");
}

/**
 * The `add_header` lines of a server. They are the only ones in the whole configuration: a location with one of its own
 * would lose all of these. https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header
 */
export function securityHeaderLines(edge: EdgeConfig): string {
  const hsts = strictTransportSecurity(edge);
  return [
    ...Object.keys(applicationHeaders).map((header) => `add_header ${header} ${variableOf(header)} always;`),
    hsts === undefined ? "" : `add_header Strict-Transport-Security ${quoted(hsts)} always;`,
    "add_header Cache-Control $edge_cache_control always;",
    "add_header Retry-After $edge_retry_after always;",
    "add_header X-Request-Id $edge_request_id always;",
  ]
    .filter((line) => line !== "")
    .join("\n");
}
