import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * An application as others write them, and as berth does not: CommonJS, Knex' own migration names,
 * port 3000, five seconds of keep-alive, no listener for SIGTERM, no health route, one uploads
 * folder that root owns, and sessions of express-session.
 */
const files = {
  "package.json": JSON.stringify({
    name: "todos",
    private: true,
    scripts: { start: "node server.js" },
    dependencies: {
      "connect-pg-simple": "10.0.0",
      express: "4.22.1",
      "express-session": "1.18.2",
      knex: "3.1.0",
      pg: "8.16.3",
    },
  }),
  ".dockerignore": "node_modules\n",
  ".env.example": "DATABASE_URL=postgres://me:pw@localhost/todos\nSESSION_SECRET=changeme\nGREETING=hello\n",
  "knexfile.js": `module.exports = {
  production: {
    client: "pg",
    connection: process.env.DATABASE_URL,
    pool: { min: 0, max: 4 },
    migrations: { directory: "./db/migrations" },
  },
};
`,
  "db/migrations/20191228160809_create-todos.js": `exports.up = async (knex) => {
  await knex.schema.createTable("todos", (table) => {
    table.increments();
    table.text("title").notNullable().unique();
  });
  await knex.schema.createTable("session", (table) => {
    table.string("sid").primary();
    table.json("sess").notNullable();
    table.timestamp("expire", { precision: 6 }).notNullable();
  });
};
exports.down = (knex) => knex.schema.dropTable("session").dropTable("todos");
`,
  "server.js": `const fs = require("fs");
const path = require("path");
const express = require("express");
const session = require("express-session");
const Store = require("connect-pg-simple")(session);
const { Pool } = require("pg");
const knex = require("knex")(require("./knexfile").production);

const app = express();
app.set("trust proxy", 1);
app.use(express.json());
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 2 });
pool.on("error", () => {});
app.use(
  session({
    store: new Store({ pool, pruneSessionInterval: false }),
    secret: process.env.SESSION_SECRET.split(","),
    resave: false,
    saveUninitialized: false,
    cookie: { secure: true, maxAge: 3600000 },
  }),
);
const uploadDir = "uploads";

app.get("/", (request, response) => response.send("release 0, " + process.env.GREETING));
app.get("/payment", (request, response) => response.send(typeof process.env.PAYMENT_KEY));
app.get("/todos", async (request, response) => response.json(await knex("todos").select("title")));
app.post("/todos", async (request, response) => {
  const [row] = await knex("todos").insert({ title: request.body.title }).returning("id");
  response.status(201).json(row);
});
app.post("/login", (request, response) => {
  request.session.name = request.body.name;
  response.json({});
});
app.get("/me", (request, response) => {
  if (!request.session.name) return response.status(401).end();
  response.json({ name: request.session.name });
});
app.put("/files/:name", express.raw({ type: "*/*", limit: "1mb" }), (request, response) => {
  fs.writeFileSync(path.join(uploadDir, path.basename(request.params.name)), request.body);
  response.status(201).end();
});
app.get("/files/:name", (request, response) =>
  response.sendFile(path.resolve(uploadDir, path.basename(request.params.name))),
);
app.get("/events", (request, response) => {
  response.setHeader("Content-Type", "text/event-stream");
  const timer = setInterval(() => response.write("data: tick\\n\\n"), 300);
  request.on("close", () => clearInterval(timer));
});
app.use((error, request, response, next) => response.status(500).json({ error: error.message }));
const server = app.listen(3000);
server.keepAliveTimeout = 5000;
server.on("upgrade", (request, socket) => {
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n");
  socket.on("error", () => {});
  socket.pipe(socket);
});
`,
};

/** A migration that adds, and one that an earlier release would not survive. */
export const laterMigrations = {
  additive: {
    name: "db/migrations/20260101000000_add-note.js",
    text: 'exports.up = (knex) => knex.schema.alterTable("todos", (table) => table.text("note"));\nexports.down = () => {};\n',
  },
  breaking: {
    name: "db/migrations/20260102000000_rename-title.js",
    text: 'exports.up = (knex) => knex.schema.alterTable("todos", (table) => table.renameColumn("title", "text"));\nexports.down = () => {};\n',
  },
} as const;

/**
 * Its own Dockerfile: on another base than berth's, as root, without bash, started by npm.
 * @param images with Node and npm, and with nothing but Debian
 */
function dockerfile({ node, debian }: { readonly node: string; readonly debian: string }): string {
  return `FROM ${node} AS modules
COPY --from=berth/machine-ca:current /machine-ca.pem /machine-ca.pem
WORKDIR /srv
COPY package*.json ./
RUN if [ -s /machine-ca.pem ]; then export NODE_EXTRA_CA_CERTS=/machine-ca.pem; fi; npm install --omit=dev --no-audit --no-fund
FROM ${debian}
COPY --from=modules /usr/local /usr/local
WORKDIR /srv
COPY --from=modules /srv/node_modules node_modules
COPY . .
RUN mkdir uploads && rm -f /bin/bash /usr/bin/bash
EXPOSE 3000
CMD ["npm", "start"]
`;
}

/** Writes the application into a folder. */
export function writeHostileApp(
  folder: string,
  images: { readonly node: string; readonly debian: string },
): void {
  write(folder, { ...files, Dockerfile: dockerfile(images) });
}

/**
 * Writes it as such applications were in 2021: packages of that time, no Dockerfile, and a lockfile
 * to be made.
 */
export function writeAgedApp(folder: string): void {
  const aged = {
    ...(JSON.parse(files["package.json"]) as object),
    dependencies: {
      "connect-pg-simple": "6.2.1",
      express: "4.17.1",
      "express-session": "1.17.2",
      knex: "0.95.15",
      pg: "8.7.1",
    },
  };
  write(folder, { ...files, "package.json": JSON.stringify(aged) });
}

function write(folder: string, texts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}
