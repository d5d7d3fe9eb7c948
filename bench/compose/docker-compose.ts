import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { finish } from "../../tests/support/docker.ts";

/** Version that go.mod pins. */
const version = "2.35.1";

/**
 * How `docker compose` is run here: the machine's plugin, else one built from Go modules and kept.
 */
export async function dockerCompose(): Promise<readonly string[]> {
  if ((await finish("docker", ["compose", "version"])).status === 0) return ["docker", "compose"];
  const folder = process.env["BERTH_CACHE"] ?? join(homedir(), ".cache/berth");
  const program = join(folder, `docker-compose-${version}`);
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    process.stderr.write("Building docker compose from Go modules, which takes some minutes …\n");
    const arguments_ = ["build", "-o", program, "github.com/docker/compose/v2/cmd"];
    const built = await finish("go", arguments_, { cwd: import.meta.dirname });
    if (built.status !== 0) throw new Error(`docker compose cannot be built: ${built.stderr.slice(-2000)}`);
  }
  return [program];
}
