// Ends with 0 if the schema has all of an image's migrations and later ones, so that there is
// nothing to do: tools such as Knex refuse to look at a schema with migrations that they do not
// know. Ends with 1 if the image has to migrate.
//
// Environment: PROJECT, STACK, IMAGE (reference), and what docker reads
import { z } from "zod";
import { describeImage, recordsOn } from "../../releases/read-records.ts";
import { isOf, isOlderThan } from "../../releases/record.ts";
import { Docker } from "../../system/docker.ts";

const { PROJECT, STACK, IMAGE } = z
  .object({ PROJECT: z.string(), STACK: z.string(), IMAGE: z.string() })
  .parse(process.env);

const docker = new Docker(process.env);
const owner = { project: PROJECT, stack: STACK };
const records = (await recordsOn(docker)).filter((record) => isOf(owner, record));
if (isOlderThan(await describeImage(docker, IMAGE), records)) {
  process.stdout.write("The schema has this image's migrations, and later ones: there is nothing to do.\n");
} else {
  process.exitCode = 1;
}
