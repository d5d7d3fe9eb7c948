import type { Knex } from "knex";

/** Customers of an exhibition, what lists of them need to stay fast, and their visits. */
export async function up(database: Knex): Promise<void> {
  await database.schema.createTable("customers", (table) => {
    table.specificType("id", "bigint generated always as identity primary key");
    table.text("name").notNullable();
    table.text("email").notNullable();
    table.text("company").notNullable().defaultTo("");
    table.text("city").notNullable().defaultTo("");
    table.text("notes").notNullable().defaultTo("");
    table.timestamp("created_at", { useTz: true }).notNullable().defaultTo(database.fn.now());
    table.timestamp("updated_at", { useTz: true }).notNullable().defaultTo(database.fn.now());
    // Grows with each change: the ETag of the row.
    table.integer("version").notNullable().defaultTo(1);
    table.specificType(
      "search",
      "tsvector generated always as (to_tsvector('simple', name || ' ' || email || ' ' || replace(email, '@', ' ') || ' ' || company || ' ' || city)) stored",
    );
  });
  await database.raw(`
    create unique index customers_email_key on customers (lower(email));
    create index customers_search on customers using gin (search);
    create index customers_name on customers (name, id);
    create index customers_email on customers (email, id);
    create index customers_city on customers (city, id);

    create table visits (
      id bigint generated always as identity primary key,
      customer_id bigint not null references customers,
      hall text not null check (hall in ('east', 'west', 'forum')),
      day date not null,
      guests integer not null default 0 check (guests >= 0),
      note text not null default '',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      version integer not null default 1
    );
    create index visits_customer on visits (customer_id, id);
    create index visits_hall on visits (hall, id);
    create index visits_day on visits (day, id);
  `);
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop table visits, customers");
}
