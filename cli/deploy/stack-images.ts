import { z } from "zod";
import { ownNames } from "../../releases/image-names.ts";
import { recordsOn } from "../../releases/read-records.ts";
import { isOf, superseded } from "../../releases/record.ts";
import type { Docker } from "../../system/docker.ts";

const tags = z.array(z.string()).nullish();

/**
 * Images that a stack has built or pulled and that no other stack's records need, by the names that
 * `docker image rm` takes. Of an image that was given another name by hand, they contain only the
 * stack's names.
 */
export async function imagesOfNobodyElse(docker: Docker, stack: string): Promise<string[]> {
  const owner = { project: docker.project, stack };
  const records = await recordsOn(docker);
  const others = new Set(records.filter((record) => !isOf(owner, record)).map(({ imageId }) => imageId));
  const built = (await docker.imagesOf(stack)).filter((id) => !others.has(id));
  const recorded = await Promise.all(
    superseded(records, owner, 0).images.map(async ({ image, imageId }) => {
      const { code, stdout } = await docker.try([
        "image",
        "inspect",
        "--format",
        "{{json .RepoTags}}",
        imageId,
      ]);
      return code === 0 ? ownNames(image, tags.parse(JSON.parse(stdout)) ?? []) : [];
    }),
  );
  return [...recorded.flat(), ...built];
}
