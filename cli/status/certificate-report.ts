import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { formatDuration } from "../terminal/duration.ts";
import { renderTable } from "../terminal/table.ts";

/** What is read of the certificates' volume; empty where a file is missing. */
export interface CertificateFiles {
  /** Folder of `served` that is in use. */
  readonly folder: string;
  /** PEM of the served chain. */
  readonly chain: string;
  /** `status.json` of Certbot's container. */
  readonly status: string;
}

/** The certificate that a stack serves, as `certs --json` prints it. Times are ISO 8601. */
export interface CertificateReport {
  readonly stack: string;
  /** A certificate that was made for the stack is served and is valid now. */
  readonly healthy: boolean;
  /** Who made it; a placeholder is served until the first one is there. */
  readonly source: "certbot" | "selfsigned" | "cloudflare" | "placeholder";
  readonly names: readonly string[];
  readonly issuer: string | null;
  readonly serial: string | null;
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly daysLeft: number | null;
  /**
   * When Certbot renews it: at the start of the window that the authority asks for (ARI), or else
   * about when Certbot's own rule says; null if it is not renewed automatically.
   */
  readonly renewal: string | null;
  /** End of the authority's window; null if it has not named one. */
  readonly renewalEnd: string | null;
  /** When Certbot looks next. */
  readonly nextCheck: string | null;
  readonly lastSuccess: string | null;
  readonly lastError: string | null;
  readonly lastErrorAt: string | null;
  /** Failed attempts in a row. */
  readonly failures: number;
}

const dayMs = 86_400_000;

const moment = z.string().transform((at) => new Date(at).toISOString());

const seconds = z.number().transform((at) => new Date(at * 1000).toISOString());

/** What `nginx/certbot` writes down after each run. */
const renewerStatus = z.object({
  names: z.array(z.string()),
  lastRun: seconds.optional(),
  nextRun: seconds.optional(),
  lastSuccess: seconds.optional(),
  renewalWindow: z.tuple([moment, moment]).nullish(),
  lastError: z.string().nullish(),
  lastErrorAt: seconds.optional(),
  failures: z.number().default(0),
});

function parseStatus(text: string): z.output<typeof renewerStatus> | undefined {
  if (text === "") return undefined;
  return renewerStatus.parse(JSON.parse(text));
}

/**
 * When Certbot's container last began a run, of what it has written down; undefined if it has not
 * had one.
 */
export function lastRun(status: string): string | undefined {
  return parseStatus(status)?.lastRun;
}

function sourceOf(folder: string): CertificateReport["source"] {
  if (folder === "") return "placeholder";
  if (folder.startsWith("selfsigned-")) return "selfsigned";
  return folder.startsWith("origin-") ? "cloudflare" : "certbot";
}

/** `O=Let's Encrypt, CN=R12` of Node's line-by-line form. */
function oneLine(distinguishedName: string): string {
  return distinguishedName.split("\n").reverse().join(", ");
}

/**
 * Sums up what is in the certificates' volume.
 * @param now what expiry is counted from
 */
export function readCertificates(stack: string, files: CertificateFiles, now: Date): CertificateReport {
  const source = sourceOf(files.folder);
  const certificate = files.chain === "" ? undefined : new X509Certificate(files.chain);
  // The renewer's words say nothing of a certificate that others made: they may be a year old.
  const status = source === "certbot" || source === "placeholder" ? parseStatus(files.status) : undefined;
  const window = status?.renewalWindow;
  const [from, to] = [certificate?.validFromDate.getTime(), certificate?.validToDate.getTime()];
  return {
    stack,
    healthy: from !== undefined && to !== undefined && from <= now.getTime() && now.getTime() < to,
    source,
    names:
      certificate?.subjectAltName?.split(", ").map((name) => name.replace(/^(?:DNS|IP Address):/, "")) ??
      status?.names ??
      [],
    issuer: certificate === undefined ? null : oneLine(certificate.issuer),
    serial: certificate?.serialNumber ?? null,
    validFrom: from === undefined ? null : new Date(from).toISOString(),
    validTo: to === undefined ? null : new Date(to).toISOString(),
    daysLeft: to === undefined ? null : Math.floor((to - now.getTime()) / dayMs),
    renewal:
      source !== "certbot" || from === undefined || to === undefined
        ? null
        : (window?.[0] ?? renewalOf(from, to)),
    renewalEnd: source === "certbot" ? (window?.[1] ?? null) : null,
    nextCheck: status?.nextRun ?? null,
    lastSuccess: status?.lastSuccess ?? null,
    lastError: status?.lastError ?? null,
    lastErrorAt: status?.lastErrorAt ?? null,
    failures: status?.failures ?? 0,
  };
}

/**
 * Certbot renews with a third of the lifetime left, and with half of it if it is ten days or less.
 * https://eff-certbot.readthedocs.io/en/stable/using.html#renewing-certificates
 */
function renewalOf(from: number, to: number): string {
  const lifetime = to - from;
  return new Date(to - lifetime / (lifetime <= 10 * dayMs ? 2 : 3)).toISOString();
}

const sources: Readonly<Record<CertificateReport["source"], string>> = {
  certbot: "Certbot",
  selfsigned: "self-signed: browsers warn",
  cloudflare: "Cloudflare's origin certificate, from the stack's settings",
  placeholder: "none yet: Nginx serves a placeholder that browsers do not trust",
};

/** The report for people. */
export function renderCertificates(report: CertificateReport): string {
  const { daysLeft, renewal, renewalEnd, nextCheck, lastError, lastErrorAt, failures } = report;
  const minute = (time: string) => `${time.slice(0, 16).replace("T", " ")} UTC`;
  const rows: [string, string | null][] = [
    ["certificate", sources[report.source]],
    ["names", report.names.length === 0 ? null : report.names.join(", ")],
    ["issuer", report.issuer],
    ["serial", report.serial],
    ["expires", report.validTo === null ? null : `${minute(report.validTo)} (${left(daysLeft ?? 0)})`],
    ["renewal", renewal === null ? null : renewalText(minute(renewal), renewalEnd && minute(renewalEnd))],
    ["next check", nextCheck === null ? null : minute(nextCheck)],
    [
      "last error",
      lastError === null ? null : `${lastErrorAt === null ? "" : `${minute(lastErrorAt)}: `}${lastError}`,
    ],
    ["failures", failures === 0 ? null : `${failures} in a row`],
  ];
  return renderTable(
    [],
    rows.flatMap(([what, value]) => (value === null ? [] : [[what, value]])),
  );
}

function renewalText(from: string, to: string | null): string {
  return to === null
    ? `about ${from}, or when the authority asks for it`
    : `between ${from} and ${to}, as the authority asks`;
}

function left(days: number): string {
  return days < 0 ? `expired ${formatDuration(-days * 86_400)} ago` : `${days} days left`;
}
