// Prints the version of PostgreSQL whose data files are the stack's; nothing if it has none yet.
//
// Environment: PROJECT, STACK, and what docker reads
import { z } from "zod";
import { presentVersion } from "../../releases/data-version.ts";
import { dataFiles } from "../../releases/read-data-files.ts";
import { Docker } from "../../system/docker.ts";

const given = z.object({ PROJECT: z.string(), STACK: z.string() }).parse(process.env);
const files = await dataFiles(new Docker(process.env), { project: given.PROJECT, stack: given.STACK });
process.stdout.write(presentVersion(files) ?? "");
