// As little as Express and pg can do the work with: no session, no log, no limits, no headers.
import express from "express";
import pg from "pg";

const pool = new pg.Pool({ max: Number(process.env.POOL_MAX) });
const app = express();
const columns = "id, name, email, company, city, notes, created_at, updated_at";

app.get("/ping", (_request, response) => {
  response.json({ live: true });
});

app.get("/customers/:id", async (request, response) => {
  const { rows } = await pool.query(`select ${columns} from customers where id = $1`, [request.params.id]);
  response.json(rows[0]);
});

app.post("/customers", express.json(), async (request, response) => {
  const { name, email, company, city, notes } = request.body;
  const { rows } = await pool.query(
    `insert into customers (name, email, company, city, notes) values ($1, $2, $3, $4, $5) returning ${columns}`,
    [name, email, company, city, notes],
  );
  response.status(201).json(rows[0]);
});

app.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
