import type { z } from "zod";
import type { Container } from "../../system/container.ts";
import { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { requireDeployed } from "../deploy/deployed-state.ts";
import { open } from "../deploy/on-stack.ts";
import { dockerHostOf, prepareDocker } from "../docker/prepare-docker.ts";
import { certificateDrift } from "../drift/certificate-drift.ts";
import { databaseDrift } from "../drift/database-drift.ts";
import { renderDrift, type Drift } from "../drift/drift.ts";
import { imageDrift } from "../drift/image-drift.ts";
import {
  detachedContainers,
  endsOf,
  inspectedContainers,
  inspectedNetworks,
  strangers,
} from "../drift/network-drift.ts";
import { proxyFileDrift } from "../drift/proxy-files.ts";
import { resourceDrift } from "../drift/resource-drift.ts";
import { staticDrift } from "../drift/static-drift.ts";
import { dockerIds, type Deployment } from "../pulumi/deployment.ts";
import type { Pulumi } from "../pulumi/pulumi.ts";
import type { Session } from "../session.ts";
import { projectName } from "../settings/project.ts";
import { readStackSettings, type StackOptions } from "../settings/stack-settings.ts";
import { chooseStateAndSecrets, preparePulumi } from "../state/prepare-pulumi.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { generatedPassphraseOption } from "./options.ts";

interface DriftOptions extends StackOptions {
  readonly json?: boolean;
}

/** `berth drift`: what somebody changed on the engine by hand. */
export const addDrift: AddCommand = (program, run) => {
  stackCommand(program, "drift", "show what is not as the last update left it; exits with 1 if anything is", [
    [
      "npx berth drift --stack prod",
      "stopped, edited, missing and hand-made containers, networks, volumes, files",
    ],
    ["npx berth drift --stack prod --json", "the same, for programs"],
  ])
    .option("--json", "print JSON")
    .addOption(generatedPassphraseOption())
    .action(async (options: DriftOptions) => run({ showSteps: false }, (session) => drift(session, options)));
};

async function drift(session: Session, options: DriftOptions): Promise<number> {
  const { stack } = options;
  const settings = readStackSettings(stack);
  const chosen = chooseStateAndSecrets(session, options, settings);
  const { docker } = await prepareDocker(session, dockerHostOf(settings));
  const access = await preparePulumi(session, chosen);
  const deployment = await open(session, options, settings, access);
  requireDeployed(stack, deployment);
  session.interruption.check();
  const own = new Docker(docker.env, undefined, projectName());
  const found = await findDrift(own, access.pulumi, deployment, stack);
  session.print(options.json === true ? JSON.stringify(found, null, 2) : renderDrift(stack, found));
  return found.length === 0 ? exitCode.done : exitCode.failed;
}

/** Compares the engine with the state; changes neither. */
async function findDrift(
  docker: Docker,
  pulumi: Pulumi,
  deployment: Deployment,
  stack: string,
): Promise<Drift[]> {
  const known = dockerIds(deployment);
  const inspect = async <T>(kind: "container" | "network", ids: string[], schema: z.ZodType<T>) =>
    schema.parse(JSON.parse(await docker.inspect(kind, ids)));
  const [containers, networks, all] = await Promise.all([
    inspect("container", [...known].filter(isId), inspectedContainers),
    docker.networksOf(stack).then((ids) => inspect("network", ids, inspectedNetworks)),
    docker.containersOf(stack),
  ]);
  const refreshed = await pulumi.try(["refresh", "--preview-only", "--json", "--stack", stack]);
  // A comparison that was cut short has found nothing, and that is not the same as no drift.
  if (refreshed.code !== 0) {
    const why = refreshed.stderr.trim() || refreshed.stdout.trim();
    throw new CommandError(`pulumi refresh failed: ${why}`, exitCode.failed);
  }
  return [
    // First: an `up` would build what a moved name no longer gives.
    ...(await imageDrift(docker, all)),
    ...resourceDrift(refreshed.stdout, stack, endsOf(containers)),
    ...detachedContainers(deployment, containers),
    ...strangers(known, networks),
    ...(await insideContainers(docker, pulumi, deployment, stack, all)),
  ];
}

/** What was changed inside the containers that run, and in their volumes. */
async function insideContainers(
  docker: Docker,
  pulumi: Pulumi,
  deployment: Deployment,
  stack: string,
  containers: readonly Container[],
): Promise<Drift[]> {
  const running = (name: string) =>
    containers.find(({ part, status }) => part === name && status === "running");
  const [app, nginx, postgres] = [running("app"), running("nginx"), running("postgres")];
  const found: Drift[] = [];
  if (nginx !== undefined) {
    // First: with a certificate that is not the key's, Nginx takes no files.
    found.push(...(await certificateDrift(docker, deployment, stack, nginx)));
    found.push(...(await proxyFileDrift(docker, deployment, stack, nginx)));
    if (app !== undefined) found.push(...(await staticDrift(docker, deployment, stack, app, nginx)));
  }
  if (postgres !== undefined) {
    const exported = await pulumi.run(["stack", "export", "--show-secrets", "--stack", stack]);
    found.push(...(await databaseDrift(docker, exported, stack, postgres)));
  }
  return found;
}

/** Volumes have names instead. */
const isId = (id: string) => /^[0-9a-f]{64}$/.test(id);
