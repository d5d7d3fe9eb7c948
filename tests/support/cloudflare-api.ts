/**
 * Stands in for Cloudflare's API: one zone, its TXT records, one token. What is set there, the
 * authority finds in the test's DNS. Runs inside a container.
 * https://developers.cloudflare.com/api/resources/dns/subresources/records/
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

interface Record {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly content: string;
}

const zone = { id: "0123456789abcdef0123456789abcdef", name: process.env["ZONE"] ?? "" };
const records = new Map<string, Record>();
let made = 0;

/** Changes the DNS that the authority asks. */
async function inDns(path: "set-txt" | "clear-txt", record: Record): Promise<void> {
  const body = { host: `${record.name}.`, value: record.content };
  await fetch(`${process.env["DNS"] ?? ""}/${path}`, { method: "POST", body: JSON.stringify(body) });
}

function answer(response: ServerResponse, result: unknown, status = 200, error?: [number, string]): void {
  const errors = error === undefined ? [] : [{ code: error[0], message: error[1] }];
  const count = Array.isArray(result) ? result.length : 1;
  const page = { page: 1, per_page: 20, count, total_count: count, total_pages: 1 };
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(
    JSON.stringify({ success: errors.length === 0, errors, messages: [], result, result_info: page }),
  );
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://api");
  const asked = `${request.method ?? ""} ${url.pathname}`;
  console.log(asked);
  // Clients ask for pages until one is empty; everything fits the first.
  const first = (url.searchParams.get("page") ?? "1") === "1";
  const ofZone = `/client/v4/zones/${zone.id}/dns_records`;
  if (request.headers.authorization !== `Bearer ${process.env["TOKEN"] ?? ""}`) {
    answer(response, null, 403, [9109, "Invalid access token"]);
  } else if (asked === "GET /client/v4/zones") {
    answer(response, first && url.searchParams.get("name") === zone.name ? [zone] : []);
  } else if (asked === `POST ${ofZone}`) {
    made += 1;
    const record = { ...(JSON.parse(await text(request)) as Omit<Record, "id">), id: `record-${made}` };
    records.set(record.id, record);
    await inDns("set-txt", record);
    answer(response, record);
  } else if (asked === `GET ${ofZone}`) {
    const [name, content] = [url.searchParams.get("name.exact"), url.searchParams.get("content.exact")];
    answer(
      response,
      [...records.values()].filter((record) => first && record.name === name && record.content === content),
    );
  } else if (request.method === "DELETE" && url.pathname.startsWith(`${ofZone}/`)) {
    const record = records.get(url.pathname.slice(ofZone.length + 1));
    if (record !== undefined) await inDns("clear-txt", record);
    records.delete(record?.id ?? "");
    answer(response, { id: record?.id });
  } else {
    answer(response, null, 404, [7003, `No such request: ${asked}`]);
  }
}

createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
}).listen(8080);
