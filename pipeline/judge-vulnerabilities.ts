/**
 * Judges reports of osv-scanner: which vulnerabilities stop a release.
 *
 *   node pipeline/judge-vulnerabilities.ts SEVERITY.json REPORT.json…
 *
 * SEVERITY.json holds `failAt`, a CVSS score from 0 to 10; `unrated`, `fail` or `tell`; and
 * `exceptions`, each with `id`, `until` (a day, inclusive) and `reason`. An exception that has
 * expired, or that nothing needs any more, fails too: the list is to stay short.
 */
import { readFileSync } from "node:fs";

interface Exception {
  readonly id: string;
  readonly until: string;
  readonly reason: string;
}
interface Severity {
  readonly failAt: number;
  readonly unrated: "fail" | "tell";
  readonly exceptions: readonly Exception[];
}
/** What is read of osv-scanner's JSON (`pkg/models/results.go` of google/osv-scanner). */
interface Report {
  readonly results?: readonly {
    readonly source: { readonly path: string };
    readonly packages?: readonly {
      readonly package: { readonly name: string; readonly version: string };
      readonly groups?: readonly {
        readonly ids: readonly string[];
        readonly aliases?: readonly string[] | null;
        readonly max_severity?: string;
      }[];
    }[];
  }[];
}

const [severityFile, ...reports] = process.argv.slice(2);
if (severityFile === undefined || reports.length === 0)
  throw new Error("A severity policy and a report are expected.");
const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
const { exceptions, failAt, unrated } = read(severityFile) as Severity;
const today = new Date().toISOString().slice(0, 10);

const found = reports.flatMap((file) =>
  ((read(file) as Report).results ?? []).flatMap(({ packages = [], source }) =>
    packages.flatMap((one) =>
      (one.groups ?? []).map(({ aliases, ids, max_severity }) => ({
        names: [...new Set([...ids, ...(aliases ?? [])])],
        what: `${one.package.name} ${one.package.version} (${source.path.split("/").slice(-2).join("/")})`,
        score: max_severity === undefined || max_severity === "" ? undefined : Number(max_severity),
      })),
    ),
  ),
);

const problems: string[] = [];
const used = new Set<Exception>();
for (const { names, score, what } of found) {
  const line = `${names.join(", ")}: ${what}, ${score === undefined ? "not rated" : `CVSS ${score}`}`;
  const exception = exceptions.find(({ id }) => names.includes(id));
  if (exception !== undefined) used.add(exception);
  const stops = score === undefined ? unrated === "fail" : score >= failAt;
  if (stops && exception === undefined) problems.push(line);
  else if (stops && exception !== undefined && exception.until < today)
    problems.push(`${line}; its exception ended on ${exception.until}`);
  else
    console.log(
      `told: ${line}${exception === undefined ? "" : ` (until ${exception.until}: ${exception.reason})`}`,
    );
}
for (const exception of exceptions)
  if (!used.has(exception)) problems.push(`${exception.id}: nothing has it any more; take its exception out`);
for (const problem of problems) console.log(`stops: ${problem}`);
console.log(`${found.length} vulnerabilities, ${problems.length} of them stop a release.`);
process.exitCode = problems.length === 0 ? 0 : 1;
