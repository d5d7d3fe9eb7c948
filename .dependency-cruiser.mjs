// The floors of the house: a room imports only from rooms below it, types included. docs/architecture.md draws them,
// docs/adr/ has the reason. `npx berth check floors` runs this.

/** Rooms of the checkout, from the ground up. `app` and `toolchain` stand apart: nothing here imports from them. */
const house = [
  "system",
  "stacks",
  "declaration",
  "releases",
  "images",
  "infra",
  "policy",
  "cli",
  "tests",
  "bench",
];

/** Rooms inside a room, from the ground up; a name with an extension is a file of the room itself. */
const inside = {
  infra: [
    ["rendering", "migrations", "commands", "lean-sdk.ts"],
    ["config.ts"],
    ["policy", "facts"],
    ["resources"],
    ["components"],
    ["stack"],
    ["index.ts"],
  ],
  cli: [
    ["terminal", "pulumi"],
    ["checkout.ts", "session.ts", "apt.ts", "install-dependencies.mjs", "install-dependencies.d.mts"],
    ["settings", "pulumi-cli", "locks", "checks", "adoption"],
    ["docker", "state"],
    ["host-checks", "status", "running"],
    ["upgrade", "outdated", "preview", "drift", "graph"],
    ["deploy", "testing", "rehearsal"],
    ["moving"],
    ["commands"],
    ["program.ts"],
    ["main.ts", "berth.mjs"],
  ],
  "app/src/platform": [
    ["omit.ts", "email-address.ts", "i18n", "problems", "settings"],
    ["log"],
    ["database", "cache"],
    ["audit", "sessions", "tracing", "storage"],
    ["jobs", "mail"],
    ["http"],
    ["html", "resources", "metrics", "health"],
    ["accounts", "media", "modules", "openapi", "welcome"],
    ["sweep-job.ts"],
    ["services.ts"],
    ["open-platform.ts"],
    ["admin", "process"],
  ],
};

const escape = (text) => text.replaceAll(".", "\\.");
const anyOf = (folder, rooms) =>
  `^${folder}(?:${rooms.map((room) => (/\.\w+$/.test(room) ? `${escape(room)}$` : `${escape(room)}/`)).join("|")})`;

/** A rule for each room: none of its files imports from a room above it, or beside it on the same floor. */
function floors(folder, floorsUp) {
  const drawn = floorsUp.map((rooms) => rooms.join(", ")).join(" < ");
  return floorsUp.flatMap((rooms, floor) =>
    rooms.flatMap((room) => {
      const closed = [...floorsUp.slice(floor + 1).flat(), ...rooms.filter((other) => other !== room)];
      if (closed.length === 0) return [];
      return [
        {
          name: `${folder}${room} imports only from rooms below`,
          comment: `The floors${folder === "" ? "" : ` of ${folder}`}, from the ground: ${drawn}.`,
          severity: "error",
          // Tests stand beside what they test and use what they need.
          from: { path: anyOf(folder, [room]), pathNot: "\\.test\\.ts$" },
          to: { path: anyOf(folder, closed) },
        },
      ];
    }),
  );
}

/** A new room is given a floor. */
const placed = Object.entries(inside).map(([room, floorsUp]) => ({
  name: `every room of ${room}/ has a floor`,
  comment: "Give it one in .dependency-cruiser.mjs.",
  severity: "error",
  from: {},
  to: { path: `^${room}/`, pathNot: anyOf(`${room}/`, floorsUp.flat()) },
}));

export default {
  forbidden: [
    ...floors(
      "",
      house.map((room) => [room]),
    ),
    ...Object.entries(inside).flatMap(([room, floorsUp]) => floors(`${room}/`, floorsUp)),
    ...placed,
    {
      name: "app/ stands apart",
      comment:
        "The application is somebody's own: its programs are run, its files are not imported. Tests compare with what it says.",
      severity: "error",
      from: { path: `^(?:${house.filter((room) => room !== "tests").join("|")})/` },
      to: { path: "^app/" },
    },
    {
      name: "app/ knows nothing of the house",
      comment: "Its image holds app/ alone.",
      severity: "error",
      from: { path: "^app/" },
      to: { path: `^(?:${house.join("|")}|toolchain)/` },
    },
    {
      name: "toolchain/ stands apart",
      severity: "error",
      from: { path: `^(?:${house.join("|")})/` },
      to: { path: "^toolchain/" },
    },
    {
      name: "no circles, of types neither",
      severity: "error",
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: false,
    exclude: { path: "(^|/)node_modules/" },
  },
};
