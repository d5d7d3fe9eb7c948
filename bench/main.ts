/**
 * Measures the application and the stack's data beside what people would use instead, and writes
 * docs/benchmarks.md.
 *
 * npm run bench -- [--only NAME] [--rounds N] [--seconds N] [--mebibytes N] [--quick] [--print]
 * [--profile FOLDER]
 */
import { parseArgs } from "node:util";
import { figures } from "./application/figures.ts";
import { serverNames, startServers } from "./application/servers.ts";
import { backups } from "./data/backups.ts";
import type { DataFigure } from "./data/data-figure.ts";
import { restores } from "./data/restores.ts";
import { compare, type Effort } from "./measure/rounds.ts";
import { type Section, show, writeReport } from "./report.ts";

/** Minutes each, so they are measured only when they are named. */
const dataFigures: readonly DataFigure[] = [restores, backups];

const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name).join(", ");
const usage = `npm run bench -- [--only NAME] [--rounds N] [--seconds N] [--mebibytes N] [--quick] [--print] [--profile FOLDER]

  --only NAME   one figure: ${names(figures)}, and only if named: ${names(dataFigures)}
  --rounds N    turns of each server, 5 by default; 3 of the data's
  --seconds N   length of a turn, 4 by default
  --mebibytes N size of the database: ${dataFigures.map(({ name, usual }) => `${usual.mebibytes} for ${name}`).join(", ")}
  --quick       one round of 0.2 s each, or of 16 MiB, to see that the harness works; writes nothing
  --print       writes no page
  --profile     folder for a processor profile of the application, for a browser's developer tools
`;

function readArguments() {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      rounds: { type: "string" },
      seconds: { type: "string", default: "4" },
      mebibytes: { type: "string" },
      quick: { type: "boolean", default: false },
      print: { type: "boolean", default: false },
      profile: { type: "string" },
    },
  });
  const { mebibytes, only, profile, quick, rounds, seconds } = values;
  const chosen = figures.filter(({ name }) => only === undefined || name === only);
  const data = dataFigures.find(({ name }) => name === only);
  const effort: Effort = quick
    ? { rounds: 1, seconds: 0.2, connections: 4, warmUp: 20 }
    : { rounds: Number(rounds ?? 5), seconds: Number(seconds), connections: 16, warmUp: 5000 };
  const size = {
    mebibytes: quick ? 16 : Number(mebibytes ?? data?.usual.mebibytes ?? 1),
    rounds: quick ? 1 : Number(rounds ?? data?.usual.rounds ?? 1),
  };
  if (chosen.length === 0 && data === undefined) throw new Error(`There is no figure ${only ?? ""}.`);
  if (!(effort.rounds >= 1 && effort.seconds > 0 && size.mebibytes >= 1))
    throw new Error("Rounds, seconds and mebibytes are numbers above 0.");
  return { chosen, data, effort, profile, size, writes: !quick && !values.print };
}

async function measure({
  chosen,
  effort,
  profile,
}: ReturnType<typeof readArguments>): Promise<readonly Section[]> {
  const { servers, stop } = await startServers(profile);
  try {
    const measured: Section[] = [];
    for (const figure of chosen) {
      const contenders = serverNames.map((name) => ({
        name,
        port: servers[name].port,
        pid: servers[name].pid,
        next: figure.request(name, servers[name]),
      }));
      const results = await compare(contenders, figure.status, effort);
      const text = show({ figure, effort, results });
      console.log(text);
      measured.push({ name: figure.name, text });
    }
    return measured;
  } finally {
    await stop();
  }
}

async function measureData(
  { measure: measured, name, title }: DataFigure,
  { size }: ReturnType<typeof readArguments>,
): Promise<readonly Section[]> {
  const lines = await measured(size);
  const text = [`### ${title}`, "", `\`npm run bench -- --only ${name}\`: ${lines.join("\n")}`].join("\n");
  console.log(text);
  return [{ name, text }];
}

let asked: ReturnType<typeof readArguments> | undefined;
try {
  asked = readArguments();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}
if (asked !== undefined) {
  const measured = await (asked.data === undefined ? measure(asked) : measureData(asked.data, asked));
  if (asked.writes) await writeReport(measured);
}
