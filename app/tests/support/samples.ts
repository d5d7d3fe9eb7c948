import { z } from "zod";
import type { Database } from "../../src/platform/database/open-database.ts";
import type { FoundModule } from "../../src/platform/modules/module.ts";
import { defineResource } from "../../src/platform/resources/resource.ts";

const label = (text: string) => ({ en: text, ru: text });

/** A resource with a field of every kind, some of which may be left out. */
const samples = defineResource({
  name: "samples",
  table: "samples",
  label: { one: label("Sample"), many: label("Samples") },
  title: "title",
  importKey: "code",
  schema: z.strictObject({
    code: z.string().min(1),
    title: z.string().default("untitled"),
    story: z.string().nullable().default(null),
    weight: z.number().optional(),
    day: z.iso.date().optional(),
    startsAt: z.iso.datetime().optional(),
    open: z.boolean().default(false),
    kind: z.enum(["dry", "wet"]).default("dry"),
  }),
  fields: {
    code: { label: label("Code"), control: { kind: "text" } },
    title: { label: label("Title"), control: { kind: "text" }, list: true },
    story: { label: label("Story"), control: { kind: "textarea" } },
    weight: { label: label("Weight"), control: { kind: "number" } },
    day: { label: label("Day"), control: { kind: "date" } },
    startsAt: { label: label("Starts"), control: { kind: "moment" } },
    open: { label: label("Open"), control: { kind: "checkbox" } },
    kind: {
      label: label("Kind"),
      control: { kind: "choice", options: { dry: label("Dry goods"), wet: label("Wet goods") } },
    },
  },
});

/** The module of samples; it has no migration, so its table is made by `createSamples`. */
export const sampleModule: FoundModule = { name: "samples", folder: "", resources: [samples] };

export async function createSamples(database: Database): Promise<void> {
  await database.raw(`
    create table samples (
      id bigint generated always as identity primary key,
      code text not null,
      title text not null default 'untitled',
      story text,
      weight numeric,
      day date,
      starts_at timestamptz,
      open boolean not null default false,
      kind text not null default 'dry' check (kind in ('dry', 'wet')),
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      version integer not null default 1,
      check (title <> 'forbidden')
    );
    create unique index samples_code_key on samples (lower(code));
  `);
}
