import type { GraphPart, StackGraph } from "./stack-graph.ts";

/** What a part is for, and what a change of it means. */
const known: Readonly<Record<string, readonly [purpose: string, change: string]>> = {
  adminer: ["shows the database in a browser, in development", "It stops and starts; nothing else waits."],
  app: [
    "answers requests: the application's replicas",
    "New replicas start beside the old ones, take over once they are healthy, and no request is lost.",
  ],
  backup: [
    "keeps backups of the database and the uploads, and proves them",
    "It starts anew; nobody waits for it.",
  ],
  certbot: ["orders and renews the certificate", "It starts anew; the certificate stays."],
  listener: [
    "holds the ports, so that Nginx can be replaced while connections come in",
    "It stays as it is; other ports need another one.",
  ],
  nginx: [
    "ends TLS, serves static files, and hands requests to the replicas",
    "A changed configuration is reloaded; a new container takes the sockets over. No request is lost.",
  ],
  postgres: [
    "the database",
    "A restart stops writes for seconds; up leaves it running until npx berth upgrade postgres.",
  ],
  redis: [
    "cache and sessions",
    "A restart is felt for a second; up leaves it running until npx berth upgrade redis.",
  ],
  watcher: [
    "looks at the others, and tells people when something is wrong",
    "It starts anew and remembers what it has told.",
  ],
  worker: [
    "does the application's jobs",
    "The next one starts beside it; a job that is cut short is done again.",
  ],
};

/** All about one part, for people. */
export function explainPart(graph: StackGraph, part: GraphPart, stack: string): string {
  const [purpose, change] = known[part.part] ?? ["a part of the application", "It starts anew."];
  const asks = graph.edges.filter(({ from }) => from === part.part);
  const asked = graph.edges.filter(({ to }) => to === part.part);
  const edge = (name: string, by: string | undefined) => (by === undefined ? name : `${name} (${by})`);
  const rows: readonly (readonly [string, string])[] = [
    ["containers", part.containers.join(", ")],
    ["image", part.image],
    ["memory", `${part.memory} MiB each`],
    ["networks", part.networks.join(", ")],
    ["ports", part.ports.join(", ") || "none on the host"],
    ["keeps", part.data.join(", ") || "nothing that outlives it"],
    ["asks", asks.map(({ by, to }) => edge(to, by)).join(", ") || "nobody"],
    ["asked by", asked.map(({ by, from }) => edge(from, by)).join(", ") || "nobody"],
  ];
  return [
    `${part.part}: ${purpose}.`,
    "",
    ...rows.map(([name, value]) => `  ${name.padEnd(11)} ${value}`),
    "",
    change,
    "",
    "Next:",
    `  npx berth logs ${part.part} --stack ${stack}`,
    `  npx berth status --stack ${stack}`,
  ].join("\n");
}
