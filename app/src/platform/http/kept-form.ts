import type { Request, Response } from "express";
import { omit } from "../omit.ts";
import { formTokenField } from "./form-token.ts";

/** What a form brought, by name. */
type FormValues = Readonly<Record<string, unknown>>;

const kept = new WeakMap<Response, FormValues>();

/** Keeps what a form brought whose request is about to be refused for its session's sake. */
export function keepForm(request: Request, response: Response): void {
  const body: unknown = request.body;
  if (typeof body === "object" && body !== null) kept.set(response, omit(body, formTokenField));
}

/** What was kept of the request that `response` answers. */
export function keptForm(response: Response): FormValues | undefined {
  return kept.get(response);
}
