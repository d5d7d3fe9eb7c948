import { setTimeout as sleep } from "node:timers/promises";
import { presignAddress, type S3Credentials, signRequest } from "./s3-signature.ts";

/** A bucket and how to reach it; addresses are path-style: `<endpoint>/<bucket>/<key>`. */
export interface S3Config extends S3Credentials {
  /** Address of the service without a slash at the end. */
  readonly endpoint: string;
  readonly bucket: string;
}

/** What the service answered, or why it could not be asked. */
export class S3Failure extends Error {
  override readonly name = "S3Failure";
  /** 0 if there was no answer. */
  readonly status: number;
  /** The service's own word for it, such as `NoSuchKey`; empty where it gave none. */
  readonly code: string;

  constructor(status: number, code: string, reason: string, cause?: unknown) {
    super(reason, { cause });
    this.status = status;
    this.code = code;
  }
}

interface Call {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** Milliseconds until the answer has begun. */
  readonly patience?: number;
  /** Further tries after the first if the service is away or overloaded, default 2. */
  readonly retries?: number;
}

/** The usual patience: a part of 5 MiB goes at less than 1 Mbit/s then. */
const patience = 60_000;
const firstPause = 200;

const advice: Readonly<Record<string, string>> = {
  NoSuchBucket: "there is no such bucket: check S3_BUCKET",
  InvalidAccessKeyId: "the access key is not known: check S3_ACCESS_KEY",
  SignatureDoesNotMatch: "the secret key is wrong: check the file that S3_SECRET_KEY_FILE names",
  AccessDenied: "the access key may not do this: it needs to read, write and delete objects of the bucket",
  AuthorizationHeaderMalformed: "the region is another one: check S3_REGION",
  RequestTimeTooSkewed: "the clock of this machine is wrong",
};

async function failureOf(response: Response): Promise<S3Failure> {
  const text = await response.text().catch(() => "");
  const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? "";
  const answered = `the bucket answered ${response.status}${code === "" ? "" : ` ${code}`}`;
  const hint = response.status < 500 ? ": check S3_BUCKET, S3_REGION and S3_ACCESS_KEY" : "";
  return new S3Failure(response.status, code, advice[code] ?? answered + hint);
}

/** A failed call that may succeed when it is repeated. */
function passes({ status }: S3Failure): boolean {
  return status === 0 || status === 429 || status >= 500;
}

/** Calls to one bucket. */
export interface S3Client {
  /** Calls the bucket; what may succeed when it is repeated is repeated. @throws S3Failure */
  call(call: Call): Promise<Response>;
  /**
   * An address that opens a file without a key for so many seconds.
   *
   * @param query overrides headers of the answer, such as `response-content-type`
   */
  presign(key: string, query: Readonly<Record<string, string>>, seconds: number): string;
}

/** Speaks to one bucket. Opens nothing that has to be closed. */
export function createS3Client(config: S3Config): S3Client {
  const addressOf = (key: string) => new URL(`${config.endpoint}/${config.bucket}/${key}`);

  const once = async (call: Call): Promise<Response> => {
    const url = addressOf(call.key);
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
    const headers = signRequest(config, { ...call, url }, new Date());
    const late = new AbortController();
    const limit = call.patience ?? patience;
    const timer = setTimeout(() => {
      late.abort(new Error(`no answer within ${limit / 1000} s`));
    }, limit);
    try {
      const response = await fetch(url, {
        method: call.method,
        headers,
        body: call.body ?? null,
        redirect: "error",
        signal: late.signal,
      });
      if (response.ok) return response;
      throw await failureOf(response);
    } catch (error) {
      if (error instanceof S3Failure) throw error;
      const cause: unknown = error instanceof Error && error.cause !== undefined ? error.cause : error;
      const said = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
      throw new S3Failure(0, "", `S3_ENDPOINT (${config.endpoint}) does not answer (${said})`, error);
    } finally {
      // Only until the headers are there: a large file may take its time.
      clearTimeout(timer);
    }
  };

  return {
    async call(call: Call): Promise<Response> {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await once(call);
        } catch (error) {
          if (!(error instanceof S3Failure) || !passes(error) || attempt >= (call.retries ?? 2)) throw error;
          await sleep(firstPause * 2 ** attempt * (0.5 + Math.random()));
        }
      }
    },
    presign(key: string, query: Readonly<Record<string, string>>, seconds: number): string {
      const url = addressOf(key);
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      return presignAddress(config, url, seconds, new Date()).href;
    },
  };
}
