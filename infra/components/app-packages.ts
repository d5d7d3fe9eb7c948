import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { appPackagesHash } from "../../images/lib/app-packages.ts";
import type { Host, Identity } from "../policy/host.ts";
import { inTurn } from "../policy/in-turn.ts";

export interface AppPackagesArgs {
  /** Engine that gets the image. */
  host: Host;
  identity: Identity;
  /** Folder with package.json and package-lock.json, relative to the project's folder. */
  folder: string;
}

/**
 * The application's packages as an image that its build copies from. The deployer's npm installs
 * them: a token of a private registry reaches no build, no layer and no history.
 */
export class AppPackages extends pulumi.ComponentResource {
  /** The image's reference; known in a preview. */
  readonly reference: pulumi.Output<string>;

  constructor(
    name: string,
    { folder, host, identity }: AppPackagesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("berth:index:AppPackages", name, {}, opts);
    const { project, stack } = identity;
    const reference = `${project}/app-packages-${stack}:${appPackagesHash(folder)}`.toLowerCase();
    const create = `node images/app-packages.ts ${folder} ${reference}`;
    const installed = new command.local.Command(
      `${name}-install`,
      { create, environment: host.environment, triggers: [reference], logging: "stderr" },
      { parent: this },
    );
    // Every `up` looks: what no container uses may have been pruned since.
    this.reference = installed.id.apply(async () => {
      if (pulumi.runtime.isDryRun()) return reference;
      const { environment } = host;
      await inTurn(host, () => command.local.run({ command: create, environment, logging: "stderr" }));
      return reference;
    });
    this.registerOutputs({ reference: this.reference });
  }
}
