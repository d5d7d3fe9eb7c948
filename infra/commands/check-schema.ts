// Refuses an image that the schema has moved on from: a migration of the present release took away what it needs.
//
// Environment: STACK, IMAGE (reference), and what docker reads
import { z } from "zod";
import { describeImage, engineRecords } from "../../releases/engine-records.ts";
import { barrierTo } from "../../releases/record.ts";

const { STACK, IMAGE } = z.object({ STACK: z.string(), IMAGE: z.string() }).parse(process.env);

const present = engineRecords().find(({ stack }) => stack === STACK);
const barrier = barrierTo(describeImage(IMAGE), present);
if (barrier.length > 0) {
  process.stderr.write(
    `appImage: ${IMAGE} does not fit the schema any more: ${barrier.join(", ")} took away what it needs. ` +
      `Fix: pulumi config rm appImage --stack ${STACK}, or the image of a later release\n`,
  );
  process.exitCode = 1;
}
