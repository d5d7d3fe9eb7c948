import type { Request, Response } from "express";
import type { z } from "zod";
import type { Access } from "./access.ts";
import type { UploadForm } from "./read-upload.ts";
import type { RequestContext } from "./request-context.ts";

type ReplyHeaders = Readonly<Record<string, string>>;

/** What a handler answers with. A handler that writes the response itself answers `sent`. */
export type Reply =
  | { readonly status: number; readonly headers?: ReplyHeaders; readonly json: unknown }
  | { readonly status: number; readonly headers?: ReplyHeaders; readonly html: string }
  | { readonly status: number; readonly headers?: ReplyHeaders }
  | "sent";

/** One documented answer. */
export interface Answer {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Defaults to `application/json` if there is a schema. */
  readonly contentType?: string;
}

/** What a handler gets: the parsed request, and the raw one for streams. */
export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly context: RequestContext;
  /** What the route's `row` found when the session was looked up; undefined if nothing. */
  readonly row: Readonly<Record<string, unknown>> | undefined;
  readonly request: Request;
  readonly response: Response;
}

/** Most that a page's form may bring. */
export interface FormSize {
  /** Values: one for each box, and as many as were ticked of boxes with one name. */
  readonly values: number;
  /** Defaults to 100 kB. */
  readonly bytes?: number;
}

interface RouteHead {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** Express path, for example `/api/v1/customers/:id`. */
  readonly path: string;
  /**
   * `page` answers people with HTML and takes forms; `api`, the default, answers programs and takes
   * JSON.
   */
  readonly kind?: "api" | "page";
  readonly access: Access;
  /** Reached by people who still have to turn on the second factor that their role asks for. */
  readonly beforeSecondFactor?: boolean;
  /** Answers an administrator who looks as somebody else, although it changes something. */
  readonly whileViewing?: boolean;
  /** One line for the API documentation. */
  readonly summary: string;
  /** Heading in the API documentation. */
  readonly tag?: string;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Content type of a body that the handler streams itself; such a route has no `body` schema. */
  readonly streams?: string;
  /**
   * Whether a page's form that is refused because its session is over is given back, to be sent
   * again after signing in. Not for forms with passwords: what they bring would stand in the page.
   */
  readonly keepsForm?: boolean;
  /** For a page's form that may bring more than the usual 200 values. */
  readonly formSize?: FormSize;
  /** The multipart form that the handler reads itself with `readUpload`; in place of `streams`. */
  readonly form?: UploadForm;
  /**
   * Whether a POST may be repeated under an Idempotency-Key. Defaults to true for `api` POSTs with
   * a JSON body.
   */
  readonly idempotent?: boolean;
  /**
   * Whether all that the handler does in the database are single statements (`runStatement`): no
   * queries of knex, no transactions, no jobs. Under an Idempotency-Key it then takes two round
   * trips less.
   */
  readonly brief?: boolean;
  /**
   * Query of the one row that the handler is about, by the parameter `id`, which is $2. It runs in
   * one round trip with the look-up of the session; without a session it does not run. The handler
   * gets it as `row` once the caller has been let through.
   */
  readonly row?: string;
}

/** A route as the platform sees it: its handler takes whatever its own schemas parsed. */
export interface Route extends RouteHead {
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly handle: (call: Call<unknown, unknown, unknown>) => Reply | Promise<Reply>;
}

interface RouteSpec<Params, Query, Body> extends RouteHead {
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  readonly handle: (call: Call<Params, Query, Body>) => Reply | Promise<Reply>;
}

/** Declares a route; its handler's argument is typed by the route's own schemas. */
export function defineRoute<Params = undefined, Query = undefined, Body = undefined>(
  spec: RouteSpec<Params, Query, Body>,
): Route {
  // Sound because mountRoutes parses with these very schemas before it calls the handler.
  return { ...spec, handle: (call) => spec.handle(call as Call<Params, Query, Body>) };
}

/** A page's redirect after a form: 303, so that a reload does not send the form again. */
export function seeOther(address: string): Exclude<Reply, "sent"> {
  return { status: 303, headers: { Location: address } };
}
