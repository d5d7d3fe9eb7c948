// The stack that most Express applications stand on, each part with its documented defaults.
import { createHash } from "node:crypto";
import connectPgSimple from "connect-pg-simple";
import express from "express";
import session from "express-session";
import helmet from "helmet";
import knex from "knex";
import pg from "pg";
import { pinoHttp } from "pino-http";

const pool = new pg.Pool({ max: Number(process.env.POOL_MAX) });
const database = knex({ client: "pg", connection: {}, pool: { min: 0, max: Number(process.env.POOL_MAX) } });
const Store = connectPgSimple(session);
const columns = ["id", "name", "email", "company", "city", "notes", "created_at", "updated_at"];
const app = express();

app.set("trust proxy", 1);
app.use(pinoHttp());
app.use(helmet());

app.get("/ping", (_request, response) => {
  response.json({ live: true });
});

app.use(
  session({
    store: new Store({ pool, createTableIfMissing: true }),
    secret: process.env.SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: { secure: true, httpOnly: true, sameSite: "lax", maxAge: 3_600_000 },
  }),
);

app.post("/sign-in", express.json(), async (request, response) => {
  const user = await database("users").where({ email: request.body.email }).first("id");
  request.session.userId = user.id;
  response.status(204).end();
});

const person = async (request, response, next) => {
  const user = await database("users").where({ id: request.session.userId }).whereNull("disabled_at").first();
  if (user === undefined) response.status(401).json({ code: "sign-in-required" });
  else next();
};

app.get("/customers/:id", person, async (request, response) => {
  response.json(await database("customers").where({ id: request.params.id }).first(columns));
});

app.post("/customers", person, express.json(), async (request, response) => {
  const { name, email, company, city, notes } = request.body;
  const id = { scope: `user ${request.session.userId}`, key: request.get("idempotency-key") };
  const fingerprint = createHash("sha256").update(JSON.stringify(request.body)).digest("hex");
  const reply = await database.transaction(async (transaction) => {
    const before = await transaction("idempotency_keys").where(id).first();
    if (before !== undefined) return { status: before.status, json: before.answer };
    const [row] = await transaction("customers")
      .insert({ name, email, company, city, notes })
      .returning(columns);
    const answer = JSON.stringify(row);
    await transaction("idempotency_keys").insert({ ...id, fingerprint, status: 201, answer });
    return { status: 201, json: row };
  });
  response.status(reply.status).json(reply.json);
});

app.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
