import type { Knex } from "knex";

/** Built beside writes, which requires that there is no transaction around it. */
export const config = { transaction: false };

/** Search finds the middle of words, and words of the notes. */
export async function up(database: Knex): Promise<void> {
  await database.raw(
    `create index concurrently if not exists customers_search_parts on customers using gin (word_parts(
      coalesce(name, '') || ' ' || coalesce(email, '') || ' ' || coalesce(company, '') || ' ' ||
      coalesce(city, '') || ' ' || coalesce(notes, '')
    ))`,
  );
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop index concurrently if exists customers_search_parts");
}
