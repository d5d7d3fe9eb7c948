// Pushes an image that was built on the engine, unless the registry has one of that name already: a
// name says what is in the image, so equal sources that were built twice are deployed as the same
// bytes, and no tag ever moves.
//
// Standard output: the digest to deploy. Standard input: the account's password. Environment: IMAGE
// (repository:tag), REGISTRY_USER (no login without one), REGISTRY_PASSWORD_COMMAND (prints the
// password instead of standard input), STACK, and what docker reads
import { z } from "zod";
import { parseProgress, pushedDigest, type Progress } from "../../releases/engine-progress.ts";
import { askEngine, type EngineAnswer, type RegistryLogin } from "../../system/docker-api.ts";
import { registryLogin, registryRefusal } from "./registry-login.ts";

const { IMAGE } = z.object({ IMAGE: z.string() }).parse(process.env);
const separator = IMAGE.lastIndexOf(":");
const repository = IMAGE.slice(0, separator);
const tag = IMAGE.slice(separator + 1);
let login: RegistryLogin | undefined;

const say = (line: string) => process.stderr.write(`${line}\n`);
const refusal = (what: string, reason: string) => registryRefusal(what, reason, login, process.env);
const message = z.object({ message: z.string() });

/**
 * The lines of a long answer; the engine begins it with 200 and says in a line that something
 * failed.
 */
function lines({ status, body }: EngineAnswer, what: string): Progress[] {
  if (status !== 200) throw refusal(what, message.parse(JSON.parse(body)).message);
  const found = parseProgress(body);
  const failed = found.find(({ error }) => error !== undefined);
  if (failed?.error !== undefined) throw refusal(what, failed.error);
  return found;
}

/** What the registry has under the image's name. */
async function digestThere(): Promise<string | undefined> {
  const { status, body } = await askEngine("GET", `/distribution/${IMAGE}/json`, login);
  // Registries say "denied" of what is not there as well: pushing tells the two apart.
  if (status !== 200) return undefined;
  return z.object({ Descriptor: z.object({ digest: z.string() }) }).parse(JSON.parse(body)).Descriptor.digest;
}

async function push(): Promise<string> {
  const what = `${IMAGE} cannot be pushed`;
  say(`pushing ${IMAGE}`);
  const answer = await askEngine("POST", `/images/${repository}/push?tag=${tag}`, login);
  const pushed = pushedDigest(lines(answer, what));
  if (pushed === undefined) throw refusal(what, "the registry named no digest");
  return pushed;
}

/** Deploys an image that another run has pushed: the engine gets it under its digest. */
async function adopt(digest: string): Promise<string> {
  const { status } = await askEngine("GET", `/images/${repository}@${digest}/json`);
  if (status === 200) return digest;
  say(`${IMAGE} is in the registry already: pulling it`);
  const from = `fromImage=${encodeURIComponent(repository)}&tag=${encodeURIComponent(digest)}`;
  lines(await askEngine("POST", `/images/create?${from}`, login), `${IMAGE} cannot be pulled`);
  return digest;
}

try {
  login = await registryLogin(process.env);
  const there = await digestThere();
  const digest = there === undefined ? await push() : await adopt(there);
  say(`${IMAGE}@${digest}`);
  process.stdout.write(digest);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
