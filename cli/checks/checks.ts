import type { Invocation } from "../../system/run.ts";

/** One thing that `npm run check` looks at. */
export interface Check {
  readonly name: string;
  readonly run: Invocation;
  /** Folder, from the checkout's root. */
  readonly folder: string;
  /** Variables beside the user's own. */
  readonly env: Readonly<Record<string, string>>;
  /** What it prints is worth reading when it passes, too. */
  readonly shown?: boolean;
}

/** As toolchain/ is built, so that vet finds what the build has compiled: minutes otherwise. */
const asBuilt = { env: { CGO_ENABLED: "0", GOWORK: "off" }, flags: ["-trimpath", "-tags", "no_compose"] };

/** What the checkout holds that checks depend on. */
export interface CheckedFiles {
  /** Shell scripts, from the checkout's root. */
  readonly scripts: readonly string[];
  /** Folders with a go.mod. */
  readonly goModules: readonly string[];
}

/** What .dependency-cruiser.mjs has rules for. */
const floored = [
  "system",
  "stacks",
  "declaration",
  "releases",
  "images",
  "infra",
  "policy",
  "cli",
  "pipeline",
  "tests",
  "bench",
  "app/src",
  "app/scripts",
];

/** Every check, the longest first: two run at a time. */
export function listChecks({ scripts, goModules }: CheckedFiles): Check[] {
  const check = (name: string, command: string, args: readonly string[], folder = "."): Check => ({
    name,
    run: { command, args },
    folder,
    env: {},
  });
  return [
    check("lint", "eslint", ["."]),
    check("types", "tsc", ["-p", "tsconfig.json"]),
    check("types of app/", "tsc", ["-p", "app/tsconfig.json"]),
    check("format", "prettier", ["--check", "--log-level", "warn", "."]),
    check("dead code", "knip", []),
    check("floors", "depcruise", [
      "--config",
      ".dependency-cruiser.mjs",
      "--output-type",
      "err-long",
      ...floored,
    ]),
    { ...check("the way of rollback", "node", ["cli/checks/trace-command.ts"]), shown: true },
    ...(scripts.length === 0 ? [] : [check("shell", "shellcheck", scripts)]),
    ...goModules.map((folder) => ({
      ...check(`go vet of ${folder}`, "go", ["vet", ...asBuilt.flags, "./..."], folder),
      env: asBuilt.env,
    })),
  ];
}
