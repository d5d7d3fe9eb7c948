import { z } from "zod";
import { emailAddress } from "../../platform/email-address.ts";
import { defineResource } from "../../platform/resources/resource.ts";

const line = (longest: number) => z.string().trim().max(longest);

/** Customers of an exhibition. */
export const customers = defineResource({
  name: "customers",
  table: "customers",
  label: { one: { en: "Customer", ru: "Клиент" }, many: { en: "Customers", ru: "Клиенты" } },
  title: "name",
  searchFields: ["name", "email", "company", "city", "notes"],
  importKey: "email",
  schema: z.strictObject({
    name: line(200).min(1),
    email: emailAddress.describe("Unique whatever its case"),
    company: line(200).default(""),
    city: line(200).default(""),
    notes: z.string().max(4000).default(""),
  }),
  fields: {
    name: { label: { en: "Name", ru: "Имя" }, control: { kind: "text" }, list: true, sort: true },
    email: { label: { en: "E-mail", ru: "Почта" }, control: { kind: "email" }, list: true, sort: true },
    company: { label: { en: "Company", ru: "Компания" }, control: { kind: "text" }, list: true },
    city: {
      label: { en: "City", ru: "Город" },
      control: { kind: "text" },
      list: true,
      filter: true,
      sort: true,
    },
    notes: { label: { en: "Notes", ru: "Заметки" }, control: { kind: "textarea" } },
  },
});
