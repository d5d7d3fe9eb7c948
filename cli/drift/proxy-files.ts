import { setName } from "../../infra/rendering/edge-config.ts";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { resourceName, type Deployment } from "../pulumi/deployment.ts";
import type { Drift } from "./drift.ts";

/** Prints the name of the committed set, and then each of its files: path, bytes, content. */
const listing = `cd /etc/berth/committed/ && readlink /etc/berth/committed &&
find . -type f | sort | while read -r file; do printf '%s %s\\n' "$(wc -c <"$file")" "\${file#./}"; cat "$file"; done`;

/** Whether the files of the configuration that Nginx serves still are those of its name. */
export async function proxyFileDrift(
  docker: Docker,
  { resources }: Deployment,
  stack: string,
  nginx: Container,
): Promise<Drift[]> {
  const { code, stdout } = await docker.try(["exec", nginx.id, "sh", "-c", listing]);
  if (code !== 0) return [];
  const { files, set } = readListing(stdout);
  if (setName(files) === set) return [];
  const written = resources.find(({ urn }) => resourceName(urn) === "traffic-switch")?.urn ?? "";
  return [
    {
      what: "Nginx",
      how: `has files that were edited by hand, in its volume, below sets/${set}`,
      fix: `docker exec --user 0:0 ${nginx.name} mv /etc/berth/sets/${set} /etc/berth/sets/${set}.edited && npx berth up --stack ${stack} -- --replace '${written}'`,
    },
  ];
}

/** @param printed by {@link listing} */
export function readListing(printed: string): { set: string; files: Record<string, string> } {
  let rest = Buffer.from(printed);
  const line = () => {
    const end = rest.indexOf("\n");
    const text = rest.subarray(0, end).toString();
    rest = rest.subarray(end + 1);
    return text;
  };
  const set = line().replace(/^sets\//, "");
  const files: Record<string, string> = {};
  while (rest.length > 0) {
    const head = line();
    const size = Number.parseInt(head, 10);
    files[head.slice(head.indexOf(" ") + 1)] = rest.subarray(0, size).toString();
    rest = rest.subarray(size);
  }
  return { set, files };
}
