// Removes the record that record-waiting.ts has made: nothing of it waits any more.
//
// Environment: PULUMI_COMMAND_STDOUT (what record-waiting.ts printed), and what docker reads
import { z } from "zod";
import { dockerCommand } from "../../system/docker-commands.ts";
import { Docker } from "../../system/docker.ts";

const { volume } = z
  .object({ volume: z.string() })
  .parse(JSON.parse(process.env["PULUMI_COMMAND_STDOUT"] ?? "{}"));
await new Docker(process.env).try(dockerCommand.removeVolumes([volume]));
