import { join } from "node:path";
import { checkout } from "../checkout.ts";
import { CommandError } from "../../system/exit-code.ts";
import { cachedBuiltCli } from "../pulumi-cli/built-cli.ts";
import { cacheFolder, isInside } from "../../system/cache-folder.ts";
import { findOnPath } from "../pulumi-cli/find-on-path.ts";
import { findGo } from "../pulumi-cli/go-compiler.ts";
import { pinnedVersions } from "../pulumi-cli/pinned-versions.ts";
import { cachedVendorCli } from "../pulumi-cli/vendor-cli.ts";
import { vendorSite } from "../pulumi-cli/vendor-site.ts";
import type { Finding } from "./finding.ts";

/** Looks without downloading or building anything. */
export async function pulumiCliFinding(env: NodeJS.ProcessEnv): Promise<Finding> {
  const name = "Pulumi CLI";
  const at = {
    env,
    root: checkout.root,
    vendor: vendorSite,
    answerTime: 0,
    reporter: { line: () => undefined },
  };
  const { pulumi } = pinnedVersions(checkout.root);
  const cached = cachedVendorCli(pinnedVersions(checkout.root), env) ?? cachedBuiltCli(at);
  const onPath = findOnPath("pulumi", env, (file) => !isInside(file, cacheFolder(env)));
  if (cached !== undefined) {
    const origin = cached.source === "built" ? "built from Go modules" : "downloaded";
    const beside = onPath === undefined ? "" : `, used unless ${onPath} will do`;
    return { name, state: "ok", text: `Pulumi ${cached.version}, ${origin}${beside}` };
  }
  if (onPath !== undefined)
    return { name, state: "ok", text: `${onPath}, if it will do; else up gets Pulumi ${pulumi}` };
  try {
    await findGo(join(checkout.root, "toolchain"), env);
    return {
      name,
      state: "ok",
      text: `none yet: up downloads Pulumi ${pulumi}, or builds it within minutes`,
    };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const text = `none yet: up downloads Pulumi ${pulumi}, and could not build it where the vendor's site is out of reach`;
    return { name, state: "warning", text, remedy: error.message };
  }
}
