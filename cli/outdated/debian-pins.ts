import { debianPackagesOf } from "../../images/catalogue.ts";
import type { Docker } from "../../system/docker.ts";
import { answers, askDocker } from "../docker/docker-info.ts";
import { baseImagesOn } from "../host-checks/image-ages.ts";
import { notSeen, type JudgedPin, type Judgement, type PackageUpdate, type Pin } from "./pin.ts";

/** A base image that the engine has. */
export interface DebianPin extends Pin {
  readonly reference: string;
}

/**
 * Judges the packages in those base images of the catalogue that the engine has.
 * @param inTurns asks about some of them at a time: each apt keeps a core busy
 */
export async function judgeDebianPins(
  docker: Docker,
  inTurns: (pins: readonly DebianPin[], ask: (pin: DebianPin) => Promise<JudgedPin>) => Promise<JudgedPin[]>,
  signal?: AbortSignal,
): Promise<JudgedPin[]> {
  const asked = await askDocker(docker);
  const pins = answers(asked) ? await debianPins(docker) : [];
  if (pins.length > 0) return inTurns(pins, (pin) => judgeDebianPin(docker, pin, signal));
  const why = answers(asked) ? "the engine has no base image yet" : asked.message;
  const nothing: Pin = { kind: "debian", name: "base images", pinned: debianPackagesOf };
  return [{ ...nothing, ...notSeen(new Error(why)) }];
}

async function debianPins(docker: Docker): Promise<DebianPin[]> {
  const images = await baseImagesOn(docker, docker.env);
  return images.map(({ name, source, reference, since }) => {
    const day = source === "debian" ? debianPackagesOf : since.toISOString().slice(0, 10);
    return { kind: "debian", name, pinned: day, reference };
  });
}

/**
 * Has the image's own apt compare its packages with the archive, in a container that is gone
 * afterwards. Without the option, apt takes an archive that does not answer for one without news.
 */
const script = `command -v apt-get >/dev/null || { echo "it has no apt to ask" >&2; exit 1; }
timeout 120 apt-get -qq -o APT::Update::Error-Mode=any update
exec apt-get --simulate dist-upgrade`;

/** Asks Debian's archive about the packages of one image, in the image itself. */
export async function judgeDebianPin(
  docker: Docker,
  { reference, ...pin }: DebianPin,
  signal?: AbortSignal,
): Promise<JudgedPin> {
  const { code, stdout, stderr } = await docker.try(
    ["run", "--rm", "--user=0:0", "--entrypoint=sh", reference, "-ec", script],
    { signal },
  );
  const judgement = code === 0 ? judged(parseUpdates(stdout)) : notSeen(new Error(whyNot(stderr)));
  return { ...pin, ...judgement };
}

/** Why apt gave no answer: which file it did not get, or else what it said at last. */
function whyNot(stderr: string): string {
  const lines = stderr.trim().split("\n");
  const words = lines.find((line) => /Failed to fetch|^docker: /.test(line)) ?? lines.at(-1) ?? "";
  return words === "" ? "apt did not answer within 120 s" : words.replace(/^(?:[EW]|docker): /, "");
}

/** Reads what a simulated upgrade of apt's would install. */
export function parseUpdates(text: string): PackageUpdate[] {
  const line = /^Inst (\S+) \[([^\]]+)\] \((\S+) ([^)]*)\)/gm;
  return [...text.matchAll(line)].map(([, name = "", from = "", to = "", origins = ""]) => ({
    package: name,
    from,
    to,
    security: /security/i.test(origins),
  }));
}

function judged(updates: readonly PackageUpdate[]): Judgement {
  if (updates.length === 0) return { state: "current" };
  const security = updates.filter((update) => update.security);
  const list = security.map((update) => `${update.package} ${update.from} → ${update.to}`).join(", ");
  const fixes = security.length === 0 ? "no security update" : `${security.length} for security`;
  return { state: "behind", newest: `${updates.length} packages, ${fixes}`, note: list, updates };
}
