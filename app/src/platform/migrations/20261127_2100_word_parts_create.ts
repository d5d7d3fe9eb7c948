import type { Knex } from "knex";

/**
 * The words of a text with each of their endings, so that a search for a beginning of an ending
 * finds the middle of a word. A word counts with its first 60 characters, a text with its first
 * 6,000: a tsvector holds 1 MB.
 */
export async function up(database: Knex): Promise<void> {
  await database.raw(String.raw`
    create function word_parts(source text) returns tsvector
    language sql immutable parallel safe cost 1000 set search_path = pg_catalog, pg_temp
    return (
      select array_to_tsvector(coalesce(array_agg(distinct substr(word, start, 60)), '{}'))
      from regexp_split_to_table(lower(left(source, 6000)), '[\s!-/:-@\[-\`{-~«»„“”‘’–—…·]+') as word,
        generate_series(1, least(length(word), 60)) as start
      where word <> ''
    );
  `);
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop function word_parts(text)");
}
