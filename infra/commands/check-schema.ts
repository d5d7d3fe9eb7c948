// Refuses an image that the schema has moved on from: a migration of the present release took away
// what it needs.
//
// Environment: PROJECT, STACK, IMAGE (reference), and what docker reads
import { z } from "zod";
import { describeImage, recordsOn } from "../../releases/read-records.ts";
import { barrierTo, isOf } from "../../releases/record.ts";
import { Docker } from "../../system/docker.ts";

const { PROJECT, STACK, IMAGE } = z
  .object({ PROJECT: z.string(), STACK: z.string(), IMAGE: z.string() })
  .parse(process.env);

const docker = new Docker(process.env);
const present = (await recordsOn(docker)).find((record) => isOf({ project: PROJECT, stack: STACK }, record));
const barrier = barrierTo(await describeImage(docker, IMAGE), present);
if (barrier.length > 0) {
  process.stderr.write(
    `appImage: ${IMAGE} no longer works with the current schema: ${barrier.join(", ")} removed what it needs. ` +
      `Fix: pulumi config rm appImage --stack ${STACK}, or the image of a later release\n`,
  );
  process.exitCode = 1;
}
