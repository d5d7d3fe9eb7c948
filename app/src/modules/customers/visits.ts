import { z } from "zod";
import { defineResource } from "../../platform/resources/resource.ts";

/** Visits of customers to the exhibition. */
export const visits = defineResource({
  name: "visits",
  table: "visits",
  label: { one: { en: "Visit", ru: "Визит" }, many: { en: "Visits", ru: "Визиты" } },
  title: "hall",
  schema: z.strictObject({
    customerId: z.number().int().positive().max(Number.MAX_SAFE_INTEGER),
    hall: z.enum(["east", "west", "forum"]),
    day: z.iso.date().describe("Day of the visit"),
    guests: z.number().int().min(0).max(50).default(0),
    note: z.string().max(1000).default(""),
  }),
  fields: {
    customerId: {
      label: { en: "Customer", ru: "Клиент" },
      control: { kind: "reference", resource: "customers" },
      list: true,
      filter: true,
    },
    hall: {
      label: { en: "Hall", ru: "Зал" },
      control: {
        kind: "choice",
        options: {
          east: { en: "East hall", ru: "Восточный зал" },
          west: { en: "West hall", ru: "Западный зал" },
          forum: { en: "Forum", ru: "Форум" },
        },
      },
      list: true,
      filter: true,
    },
    day: { label: { en: "Day", ru: "День" }, control: { kind: "date" }, list: true, sort: true },
    guests: {
      label: { en: "Guests", ru: "Гости" },
      hint: { en: "People who came along", ru: "Сколько человек пришло вместе" },
      control: { kind: "number" },
      list: true,
    },
    note: { label: { en: "Note", ru: "Заметка" }, control: { kind: "textarea" } },
  },
});
