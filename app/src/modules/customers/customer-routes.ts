import { z } from "zod";
import { defineRoute, type Route } from "../../platform/http/route.ts";
import { customerBody, newCustomer } from "./customer.ts";
import type { CustomerService } from "./customer-service.ts";

const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: z.coerce.number().int().positive().optional(),
});

/** The JSON API of customers. */
export function customerRoutes(service: CustomerService): Route[] {
  return [
    defineRoute({
      method: "get",
      path: "/api/v1/customers",
      access: "public",
      summary: "List customers, newest first",
      query: listQuery,
      answers: {
        200: {
          description: "A page of customers",
          schema: z.object({ items: z.array(customerBody), next: z.string().nullable() }),
        },
      },
      handle: async ({ query }) => ({ status: 200, json: await service.list(query.limit, query.after) }),
    }),
    defineRoute({
      method: "post",
      path: "/api/v1/customers",
      access: "public",
      summary: "Create a customer",
      body: newCustomer,
      answers: { 201: { description: "The new customer", schema: customerBody } },
      handle: async ({ body }) => ({ status: 201, json: await service.create(body) }),
    }),
  ];
}
