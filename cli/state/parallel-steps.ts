/** Steps of Pulumi's at a time on an engine behind ssh. */
const overSsh = 6;

/**
 * How many steps Pulumi does at a time. Each one may open a connection to the engine, and an ssh
 * server in its usual configuration drops some as soon as ten have not logged in yet (MaxStartups
 * in sshd_config(5)); Pulumi's own limit is four a processor.
 * @param engine address of the stack's engine
 * @param env a user's own PULUMI_PARALLEL stands
 */
export function parallelExports(
  engine: string | undefined,
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  const own = env["PULUMI_PARALLEL"] ?? "";
  return engine?.startsWith("ssh:") === true && own === "" ? { PULUMI_PARALLEL: String(overSsh) } : {};
}
