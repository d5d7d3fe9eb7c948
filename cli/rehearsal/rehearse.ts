import { relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isSecret, namesIn, wantsCache } from "../../declaration/template.ts";
import { readDeclaration, type Declaration } from "../../declaration/read-declaration.ts";
import { ownSecret } from "../../declaration/values.ts";
import { checkout } from "../checkout.ts";
import type { Session } from "../session.ts";
import type { StepReporter } from "../terminal/steps.ts";
import { ApplicationCopy, type Written } from "./application-copy.ts";
import { allowed } from "./complaints.ts";
import { keptByNginx, keeps, stopped, survived, unnoticed, type Promised, type Seen } from "./promise.ts";
import { rehearsedDrain, ThrowawayStack } from "./throwaway-stack.ts";
import { Visitors, writers } from "./visitors.ts";

/** A rehearsal that runs. */
interface Stage {
  readonly session: Session;
  readonly stack: ThrowawayStack;
  readonly copy: ApplicationCopy;
  readonly declaration: Declaration;
  /** Path that the application itself answers. */
  readonly read: string;
  readonly visitors: Visitors;
}

/**
 * Deploys an application in a throw-away stack, visits it while it is released, rotated, rolled
 * back and killed, and says which promises held. The original is not touched.
 * @param home the application's folder
 * @param declaration what its `berth.json` says, or is going to say
 * @param env variables of the stack, beside those of the declaration
 */
export async function rehearse(
  session: Session,
  home: string,
  declaration: Written,
  env: Readonly<Record<string, string>>,
): Promise<Promised[]> {
  const stack = new ThrowawayStack(session);
  const down = () =>
    session.steps.run("Take the rehearsal down", async (reporter) => {
      await stack.remove(reporter);
      return { value: undefined, note: "nothing of it is left", worked: true };
    });
  if (stack.left) await down();
  try {
    return await acts(session, stack, new ApplicationCopy(home, declaration, stack.folder), env);
  } finally {
    await down();
  }
}

async function acts(
  session: Session,
  stack: ThrowawayStack,
  copy: ApplicationCopy,
  env: Readonly<Record<string, string>>,
): Promise<Promised[]> {
  const appFolder = relative(checkout.root, copy.home);
  const declaration = readDeclaration(checkout.root, appFolder);
  const wanted = Object.values(declaration.env).flatMap(namesIn);
  const secrets = wanted
    .filter((name) => name.startsWith(ownSecret))
    .map((name) => name.slice(ownSecret.length));
  const cache = wantsCache(declaration.env);
  const address = await stack.prepare(appFolder, { cache: String(cache), env: JSON.stringify(env) }, [
    ...new Set(secrets),
  ]);
  const read = declaration.health ?? "/";
  const visitors = new Visitors(address, read);
  const stage = { session, stack, copy, declaration, read, visitors };
  const starts = await begin(stage);
  if (starts.holds !== true) return [starts];
  try {
    const status = await visitors.begin();
    const answers = answering(read, status, await stack.said());
    if (answers.holds !== true) return [starts, answers];
    return [starts, answers, ...(await quiet(stage)), ...(await changes(stage)), await death(stage)];
  } finally {
    await visitors.end();
  }
}

/** The first deployment: image, database, migrations, replicas, proxy. */
function begin({ declaration, session, stack }: Stage): Promise<Promised> {
  const promise = declaration.migrate === undefined ? "starts" : "migrates, then starts";
  return session.steps.run("Deploy it in a throw-away stack", async (reporter) => {
    const begun = performance.now();
    const { code, tail } = await stack.berth(["up"], reporter, session.interruption.signal);
    session.interruption.check();
    const took = `${Math.round((performance.now() - begun) / 1000)} s`;
    const value: Promised =
      code === 0
        ? { promise, holds: true, seen: `in ${took}` }
        : { promise, holds: false, seen: lastOf(tail), fix: `what the end of ${stack.log} says` };
    return { value, note: value.seen, worked: true };
  });
}

function answering(path: string, status: number, log: string): Promised {
  const promise = "answers";
  if (status > 0 && status < 500) return { promise, holds: true, seen: `GET ${path}: ${status}` };
  const lines = log.trimEnd().split("\n").slice(-5).join("; ");
  return {
    promise,
    holds: false,
    seen: `GET ${path}: ${status === 0 ? "no answer" : status}`,
    fix: `its log ends with: ${lines}`,
  };
}

/** Nothing changes: idle connections, and what the application is refused. */
function quiet({ read, session, stack, visitors }: Stage): Promise<Promised[]> {
  return session.steps.run("Visit it, with idle gaps", async () => {
    let closedAfter: number | undefined;
    const seen = await visitors.during(async () => {
      closedAfter = await idleConnection(stack, read);
    });
    session.interruption.check();
    const value = [
      unnoticed(
        "loses no write in idle gaps",
        seen,
        "server.keepAliveTimeout = 75_000 on the server that listens, or runtime: layer",
      ),
      keeps(closedAfter),
      allowed(await stack.said()),
    ];
    return { value, note: `${seen.reads} reads, ${seen.writes} writes`, worked: true };
  });
}

/** Asks a replica from inside for the path that is its argument, and says when it hangs up. */
const hangsUp = `const { networkInterfaces } = require("os");
const own = [].concat(...Object.values(networkInterfaces())).find((one) => !one.internal && one.family === "IPv4");
const socket = require("net").connect(Number(process.env.BERTH_PORT || process.env.PORT), own && own.address);
let last = Date.now();
const say = (text) => { console.log(text); process.exit(); };
socket.on("connect", () => socket.write("GET " + process.argv[1] + " HTTP/1.1\\r\\nHost: rehearsal\\r\\n\\r\\n"));
socket.on("data", () => { last = Date.now(); });
socket.on("close", () => say(Math.round((Date.now() - last) / 1000)));
socket.on("error", () => {});
setTimeout(() => say("open"), ${keptByNginx + 1}000);`;

/**
 * Seconds after which a replica closes an idle connection.
 * @returns undefined if Nginx closes it before
 */
async function idleConnection(stack: ThrowawayStack, path: string): Promise<number | undefined> {
  const [replica] = await stack.replicas();
  const args = ["exec", "--env", "NODE_OPTIONS=", replica?.id ?? "", "node", "-e", hangsUp, path];
  const said = (await stack.docker.run(args)).trim();
  return said === "open" ? undefined : Number(said);
}

/** What a team does to a running application, while it is visited. */
async function changes(stage: Stage): Promise<Promised[]> {
  const { copy, declaration, stack } = stage;
  const rotated = await change(stage, "Rotation", "a rotation of all secrets", (reporter) =>
    deploy(stage, ["rotate", "all", "--yes"], reporter),
  );
  const given = Object.values(declaration.env).some(isSecret) || declaration.runtime === "native";
  const rotation = given ? rotated : { ...rotated, seen: `${rotated.seen}; it has no secret of the stack` };
  // An image that was built elsewhere is the one that there is.
  if (!copy.built) return [rotation];
  const exits: number[] = [];
  const release = await change(stage, "Release", "a release", async (reporter) => {
    const since = Date.now();
    copy.declare(2);
    await deploy(stage, ["up"], reporter);
    exits.push(...(await exitCodes(stack, since)));
  });
  const back = await change(stage, "Roll-back", "a roll-back", (reporter) =>
    deploy(stage, ["rollback", "--yes"], reporter),
  );
  return [rotation, release, stopped(exits, rehearsedDrain), back];
}

/** A command on the stack that failed, by its last words. */
class Refused extends Error {}

async function deploy(
  { session, stack }: Stage,
  args: readonly string[],
  reporter: StepReporter,
): Promise<void> {
  const { code, tail } = await stack.berth(args, reporter, session.interruption.signal);
  session.interruption.check();
  if (code !== 0) throw new Refused(lastOf(tail));
}

/**
 * @param title of the step
 * @param what nobody may notice
 */
function change(
  { session, stack, visitors }: Stage,
  title: string,
  what: string,
  work: (reporter: StepReporter) => Promise<void>,
): Promise<Promised> {
  const promise = `nobody notices ${what}`;
  return session.steps.run(`${title}, visited`, async (reporter) => {
    try {
      const seen = await visitors.during(() => work(reporter));
      const fix = "an own listener for SIGTERM has to let open requests end before it exits";
      const value = unnoticed(promise, seen, fix);
      return { value, note: value.seen, worked: true };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const value: Promised = { promise, holds: false, seen: error.message, fix: `what ${stack.log} says` };
      return { value, note: "it failed", worked: true };
    }
  });
}

/** Exit codes of the replicas that ended since a moment. */
async function exitCodes({ docker, name }: ThrowawayStack, since: number): Promise<number[]> {
  const at = (time: number) => (time / 1000).toFixed(3);
  const filters = ["type=container", "event=die", `label=berth.stack=${name}`, "label=berth.part=app"];
  const said = await docker.run([
    "events",
    ...["--since", at(since), "--until", at(Date.now())],
    ...filters.flatMap((filter) => ["--filter", filter]),
    ...["--format", "{{.Actor.Attributes.exitCode}}"],
  ]);
  return said
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
}

/** Last: one of two replicas is killed, and the other has everybody. */
function death({ session, stack, visitors }: Stage): Promise<Promised> {
  return session.steps.run("Kill a replica, visited", async () => {
    const seen: Seen = await visitors.during(async () => {
      const [replica] = await stack.replicas();
      await stack.docker.run(["kill", "--signal", "KILL", replica?.id ?? ""]);
      await sleep(2000, undefined, { signal: session.interruption.signal }).catch(() => undefined);
    });
    session.interruption.check();
    const value = survived("a replica that is killed costs no read", seen, writers);
    return { value, note: value.seen, worked: true };
  });
}

/** What a command that failed said at last. */
function lastOf(tail: string): string {
  return tail.trimEnd().split("\n").slice(-3).join(" ").replaceAll(/\s+/g, " ").trim();
}
