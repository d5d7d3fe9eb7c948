import { z } from "zod";

const line = (longest: number) => z.string().trim().max(longest);

/** What a customer is made of when one is created. */
export const newCustomer = z.strictObject({
  name: line(200).min(1).describe("Full name"),
  email: z.email().max(254).describe("Unique whatever its case"),
  company: line(200).default(""),
  city: line(200).default(""),
  notes: z.string().max(4000).default(""),
});
export type NewCustomer = z.output<typeof newCustomer>;

/** A customer as the API shows one. */
export const customerBody = z.object({
  id: z.number().int(),
  name: z.string(),
  email: z.string(),
  company: z.string(),
  city: z.string(),
  notes: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type CustomerBody = z.output<typeof customerBody>;
