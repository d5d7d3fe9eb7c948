import { follow } from "../../system/run.ts";
import { NoPulumiCli, type PulumiCliCircumstances } from "./pulumi-cli.ts";
import type { PluginVersion } from "./pinned-versions.ts";

/**
 * Has the CLI install resource plugins into its PULUMI_HOME.
 * @param pulumi path of the CLI
 * @param env environment of the CLI, PULUMI_HOME included
 * @param fileOf the plugin's executable where it was built here; undefined if the CLI fetches it
 * @throws NoPulumiCli
 */
export async function installPlugins(
  pulumi: string,
  plugins: readonly PluginVersion[],
  env: NodeJS.ProcessEnv,
  { reporter, signal }: Pick<PulumiCliCircumstances, "reporter" | "signal">,
  fileOf: (plugin: PluginVersion) => string | undefined = () => undefined,
): Promise<void> {
  for (const plugin of plugins) {
    const { name, version } = plugin;
    reporter.line(`installing the plugin ${name} ${version}`);
    const file = fileOf(plugin);
    const args = ["plugin", "install", "resource", name, version];
    if (file !== undefined) args.push("--file", file);
    const { code, tail } = await follow(
      { command: pulumi, args },
      (line) => {
        // The CLI draws a progress bar; in a pipe only its announcements are left of it.
        if (line.trim() !== "") reporter.line(line.trim());
      },
      { env, ...(signal === undefined ? {} : { signal }) },
    );
    signal?.throwIfAborted();
    if (code !== 0)
      throw new NoPulumiCli(`the plugin ${name} ${version} cannot be installed: ${tail.trim()}`);
  }
}
