import { createHash, createHmac } from "node:crypto";

/** Who signs, and for which region. */
export interface S3Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}

const algorithm = "AWS4-HMAC-SHA256";

const hashOf = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex");
const macOf = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** RFC 3986: encodeURIComponent leaves five characters that a signature must have encoded. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function stampOf(now: Date): string {
  return now.toISOString().replace(/[:-]|\.\d{3}/g, "");
}

function scopeOf(stamp: string, region: string): string {
  return `${stamp.slice(0, 8)}/${region}/s3/aws4_request`;
}

function queryOf(url: URL): string {
  return [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
}

interface Canonical {
  readonly method: string;
  readonly url: URL;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly payloadHash: string;
}

function signatureOf(credentials: S3Credentials, request: Canonical, stamp: string): string {
  const names = Object.keys(request.headers).sort();
  const canonical = [
    request.method,
    request.url.pathname,
    queryOf(request.url),
    ...names.map((name) => `${name}:${request.headers[name]?.trim() ?? ""}`),
    "",
    names.join(";"),
    request.payloadHash,
  ].join("\n");
  const text = [algorithm, stamp, scopeOf(stamp, credentials.region), hashOf(canonical)].join("\n");
  const day = macOf(`AWS4${credentials.secretKey}`, stamp.slice(0, 8));
  const key = macOf(macOf(macOf(day, credentials.region), "s3"), "aws4_request");
  return macOf(key, text).toString("hex");
}

/**
 * Signs a request (AWS Signature Version 4), its body included.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 *
 * @param request `headers` by their names in small letters; all of them are signed. The path must
 * need no encoding.
 * @returns every header to send but Host
 */
export function signRequest(
  credentials: S3Credentials,
  request: {
    readonly method: string;
    readonly url: URL;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array;
  },
  now: Date,
): Record<string, string> {
  const stamp = stampOf(now);
  const payloadHash = hashOf(request.body ?? "");
  const headers = { ...request.headers, "x-amz-content-sha256": payloadHash, "x-amz-date": stamp };
  const signed = { ...headers, host: request.url.host };
  const signature = signatureOf(
    credentials,
    { method: request.method, url: request.url, headers: signed, payloadHash },
    stamp,
  );
  const parts = [
    `Credential=${credentials.accessKey}/${scopeOf(stamp, credentials.region)}`,
    `SignedHeaders=${Object.keys(signed).sort().join(";")}`,
    `Signature=${signature}`,
  ];
  return { ...headers, authorization: `${algorithm} ${parts.join(",")}` };
}

/**
 * An address that lets anybody GET an object for a while.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 *
 * @param seconds 1 to 604800, from `now` on
 */
export function presignAddress(credentials: S3Credentials, address: URL, seconds: number, now: Date): URL {
  const stamp = stampOf(now);
  const url = new URL(address);
  const add = (name: string, value: string) => {
    url.searchParams.set(name, value);
  };
  add("X-Amz-Algorithm", algorithm);
  add("X-Amz-Credential", `${credentials.accessKey}/${scopeOf(stamp, credentials.region)}`);
  add("X-Amz-Date", stamp);
  add("X-Amz-Expires", String(seconds));
  add("X-Amz-SignedHeaders", "host");
  const request = { method: "GET", url, headers: { host: url.host }, payloadHash: "UNSIGNED-PAYLOAD" };
  const signature = signatureOf(credentials, request, stamp);
  // As signed: a space is %20 there, and "+" in URLSearchParams.
  url.search = `${queryOf(url)}&X-Amz-Signature=${signature}`;
  return url;
}
