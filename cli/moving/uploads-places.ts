import { basename } from "node:path/posix";
import type { Container } from "../../system/container.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { MoveArgs } from "./move-args.ts";
import type { FilesPlace } from "./uploads-copy.ts";

/**
 * Where the uploads are and where they go.
 * @param postgres the stack's, whose image has the tools
 * @returns undefined if the application declares none
 * @throws CommandError if the old set-up mounts no such folder
 */
export async function uploadsPlaces(
  { declaration, docker, from, old, stack }: MoveArgs,
  postgres: Pick<Container, "image">,
): Promise<{ readonly from: FilesPlace; readonly to: FilesPlace } | undefined> {
  const { uploads } = declaration;
  const [volume] = await docker.volumesOf(stack, "media");
  if (uploads === undefined || volume === undefined) return undefined;
  const mounted = old.others.flatMap((container) => container.mounts.map((at) => ({ container, at })));
  const named = mounted.filter(({ at }) => basename(at) === basename(uploads));
  const found = mounted.find(({ at }) => at === uploads) ?? (named.length === 1 ? named[0] : undefined);
  if (found === undefined) {
    const known = [...new Set(mounted.map(({ at }) => at))].join(", ") || "nothing";
    throw new CommandError(
      `${declaration.file} says that uploads are in ${uploads}, and ${old.file} mounts ${known}. ` +
        "Name the folder that is mounted there as `uploads`, or leave `uploads` out if there are none.",
      exitCode.usage,
    );
  }
  return {
    from: {
      docker: from,
      image: old.postgres.image,
      mount: ["--volumes-from", `${found.container.id}:ro`],
      folder: found.at,
    },
    to: { docker, image: postgres.image, mount: ["--volume", `${volume}:/uploads`], folder: "/uploads" },
  };
}
