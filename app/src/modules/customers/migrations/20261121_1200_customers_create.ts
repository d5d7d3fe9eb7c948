import type { Knex } from "knex";

/** Customers of an exhibition. */
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
  });
  await database.raw("create unique index customers_email_key on customers (lower(email))");
}

export async function down(database: Knex): Promise<void> {
  await database.schema.dropTable("customers");
}
