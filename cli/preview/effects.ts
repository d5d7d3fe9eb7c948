import type { Plan, PlannedChange } from "./preview-steps.ts";

/** What a change means for those who use the application, from the least on. */
export const effects = ["nothing", "reload", "rolling", "restart", "data at risk"] as const;

export type Effect = (typeof effects)[number];

/** What an effect means, as a sentence. */
export const meaning: Readonly<Record<Effect, string>> = {
  nothing: "Nothing that serves stops, starts or reloads.",
  reload: "Nginx loads a configuration; no request is lost.",
  rolling: "New containers start beside those that serve; no request is lost.",
  restart: "A part stops and starts; what needs it waits or fails for some seconds.",
  "data at risk": "Data is deleted or moved. Make sure that a backup is proven: npx berth backups.",
};

const container = "docker:index/container:Container";
const volume = "docker:index/volume:Volume";
const network = "docker:index/network:Network";

/** Names of the volumes that outlive their stack (`infra/resources/data-volume.ts`). */
const holdsData = /-(?:data|certificates)$/;

/** The words that people know a component by. */
const partNames: Readonly<Record<string, string>> = {
  App: "application",
  AppImage: "image",
  BackupImage: "image of backups",
  BaseImage: "base images",
  Cache: "Redis",
  Database: "Postgres",
  DatabaseRoles: "database logins",
  Media: "uploads",
  Migration: "migrations",
  Network: "networks",
  ReleaseLog: "record of releases",
  RetiredCredentials: "logins of the release before",
  ReverseProxy: "Nginx",
  SecretFiles: "secret files",
  SessionKeys: "session keys",
  StaticFiles: "static files",
  TrafficSwitch: "traffic",
  WatcherImage: "image of the watcher",
};

/** @returns a part's name for people */
export function partName(component: string | undefined): string {
  if (component === undefined) return "stack";
  return partNames[component] ?? component.toLowerCase();
}

/** The worse of two effects. */
export function worse(one: Effect, other: Effect): Effect {
  return effects[Math.max(effects.indexOf(one), effects.indexOf(other))] ?? other;
}

/** What a change of one resource means. */
export function effectOf(change: PlannedChange, plan: Plan): Effect {
  const { component, kept, op, resource, type } = change;
  const goes = op.includes("replace") || op.startsWith("delete");
  if (type === volume) return goes && !kept && holdsData.test(resource) ? "data at risk" : "nothing";
  // All containers of a network go with it.
  if (type === network) return goes && component === "Network" ? "restart" : "nothing";
  if (type === container) return ofContainer(change, plan, goes);
  return component === "TrafficSwitch" && op !== "delete" ? "reload" : "nothing";
}

function ofContainer({ component, resource, op }: PlannedChange, plan: Plan, goes: boolean): Effect {
  // Limits are changed while a container runs.
  if (op === "update") return "nothing";
  switch (component) {
    case "Database":
      return goes ? "restart" : "nothing";
    case "Cache":
      // It goes last, when the replicas that used it have gone.
      return goes && op !== "delete" ? "restart" : "nothing";
    case "App":
    case "Canary":
      // Without a proxy, the port is the container's, and two cannot have it.
      return plan.components.has("TrafficSwitch") || !goes ? "rolling" : "restart";
    case "ReverseProxy":
      // The program says so if the new ports include one of the old ones.
      if (resource.endsWith("-listener") && goes) return stopsForPorts(plan) ? "restart" : "rolling";
      return op === "delete" ? "restart" : "rolling";
    case undefined:
    default:
      return "nothing";
  }
}

const stopsForPorts = (plan: Plan) =>
  plan.notes.some(({ text }) => text.includes("connections are refused meanwhile"));
