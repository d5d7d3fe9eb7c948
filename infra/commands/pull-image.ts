// Pulls an image by its digest, unless the engine has it.
//
// Environment: IMAGE (name@sha256:…), REGISTRY_USER, REGISTRY_PASSWORD_COMMAND, STACK, and what
// docker reads
import { z } from "zod";
import { parseProgress } from "../../releases/engine-progress.ts";
import { askEngine } from "../../system/docker-api.ts";
import { registryLogin, registryRefusal } from "./registry-login.ts";

const { IMAGE } = z.object({ IMAGE: z.string() }).parse(process.env);

async function pull(): Promise<void> {
  const { status } = await askEngine("GET", `/images/${IMAGE}/json`);
  if (status === 200) return;
  process.stderr.write(`pulling ${IMAGE}\n`);
  const login = await registryLogin(process.env);
  const answer = await askEngine("POST", `/images/create?fromImage=${encodeURIComponent(IMAGE)}`, login);
  // The engine begins a long answer with 200 and says in a line that something failed.
  const failed =
    answer.status === 200
      ? parseProgress(answer.body).find(({ error }) => error !== undefined)?.error
      : z.object({ message: z.string() }).parse(JSON.parse(answer.body)).message;
  if (failed !== undefined) throw registryRefusal(`${IMAGE} cannot be pulled`, failed, login, process.env);
}

try {
  await pull();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
