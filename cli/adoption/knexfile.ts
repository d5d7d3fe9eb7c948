import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { knexfiles } from "../../infra/migrations/migration-folder.ts";
import type { Noticed } from "./notes.ts";

/** An application's knexfile, from its folder; undefined if there is none. */
export function knexfileOf(home: string): string | undefined {
  return knexfiles.find((name) => existsSync(join(home, name)));
}

/** A section for what a stack sets NODE_ENV to, and what helps where there is none. */
const wanted = [
  {
    section: "development",
    stacks: "dev",
    fix: "write one, or let dev take the other: pulumi config set --path env.NODE_ENV production --stack dev",
  },
  { section: "production", stacks: "basic, prod", fix: "write one" },
] as const;

/**
 * Stacks for which Knex finds no settings: it takes the section that NODE_ENV names.
 * @returns nothing for a knexfile without sections, which serves every environment
 */
export function missingSections(home: string, knexfile: string): Noticed[] {
  const text = readFileSync(join(home, knexfile), "utf8").replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, "");
  const written = [
    ...text.matchAll(/(?:^|[{,\s.])["'`]?(development|production|staging|test)["'`]?\s*[:=](?!=)/g),
  ];
  const sections = new Set(written.map(([, name = ""]) => name));
  // Of sections that stacks have no use for, nothing is known: they may be made elsewhere.
  if (!wanted.some(({ section }) => sections.has(section))) return [];
  return wanted
    .filter(({ section }) => !sections.has(section))
    .map(({ fix, section, stacks }) => ({
      what: stacks,
      value: `${knexfile} has no section ${section}, which Knex takes there: migrations fail. Fix: ${fix}`,
    }));
}
