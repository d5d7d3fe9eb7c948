/**
 * Measures the application beside what people would use instead, and writes docs/benchmarks.md.
 *
 * npm run bench -- [--only NAME] [--rounds N] [--seconds N] [--quick] [--print] [--profile FOLDER]
 */
import { parseArgs } from "node:util";
import { figures } from "./application/figures.ts";
import { serverNames, startServers } from "./application/servers.ts";
import { compare, type Effort } from "./measure/rounds.ts";
import { type Measured, show, writeReport } from "./report.ts";

const usage = `npm run bench -- [--only NAME] [--rounds N] [--seconds N] [--quick] [--print] [--profile FOLDER]

  --only NAME   one figure: ${figures.map(({ name }) => name).join(", ")}
  --rounds N    turns of each server, 5 by default
  --seconds N   length of a turn, 4 by default
  --quick       one round of 0.2 s each, to see that the harness works; writes nothing
  --print       writes no page
  --profile     folder for a processor profile of the application, for a browser's developer tools
`;

function readArguments() {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "4" },
      quick: { type: "boolean", default: false },
      print: { type: "boolean", default: false },
      profile: { type: "string" },
    },
  });
  const chosen = figures.filter(({ name }) => values.only === undefined || name === values.only);
  const effort: Effort = values.quick
    ? { rounds: 1, seconds: 0.2, connections: 4, warmUp: 20 }
    : { rounds: Number(values.rounds), seconds: Number(values.seconds), connections: 16, warmUp: 5000 };
  if (chosen.length === 0) throw new Error(`There is no figure ${values.only ?? ""}.`);
  if (!(effort.rounds >= 1 && effort.seconds > 0)) throw new Error("Rounds and seconds are numbers above 0.");
  return { chosen, effort, profile: values.profile, writes: !values.quick && !values.print };
}

async function measure({
  chosen,
  effort,
  profile,
}: ReturnType<typeof readArguments>): Promise<readonly Measured[]> {
  const { servers, stop } = await startServers(profile);
  try {
    const measured: Measured[] = [];
    for (const figure of chosen) {
      const contenders = serverNames.map((name) => ({
        name,
        port: servers[name].port,
        pid: servers[name].pid,
        next: figure.request(name, servers[name]),
      }));
      const results = await compare(contenders, figure.status, effort);
      console.log(show({ figure, effort, results }));
      measured.push({ figure, effort, results });
    }
    return measured;
  } finally {
    await stop();
  }
}

let asked: ReturnType<typeof readArguments> | undefined;
try {
  asked = readArguments();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}
if (asked !== undefined) {
  const measured = await measure(asked);
  if (asked.writes) await writeReport(measured);
}
