import { z } from "zod";
import { omit } from "../omit.ts";
import { neededFor } from "../http/access.ts";
import { keyPattern } from "../http/idempotency.ts";
import { fileField, type UploadForm } from "../http/read-upload.ts";
import type { Answer, Route } from "../http/route.ts";

/** The part of an OpenAPI 3.1 document that we make. */
export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: Readonly<Record<string, unknown>>;
}

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiParameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Json;
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly security: readonly Json[];
  readonly parameters: readonly OpenApiParameter[];
  readonly requestBody?: {
    readonly required: true;
    readonly content: Readonly<Record<string, { readonly schema: Json; readonly encoding?: Json }>>;
  };
  readonly responses: Readonly<Record<string, Json>>;
}

const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string(),
  instance: z.string(),
  errors: z
    .array(
      z.object({ in: z.enum(["body", "query", "path", "header"]), field: z.string(), message: z.string() }),
    )
    .optional(),
});

function jsonSchema(schema: z.ZodType, io: "input" | "output"): Json {
  return omit(z.toJSONSchema(schema, { io, unrepresentable: "any" }), "$schema");
}

function parametersOf(schema: z.ZodType | undefined, place: "path" | "query"): OpenApiParameter[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: place,
    // What an address carries is text; a coerced number accepts anything as far as its input type
    // goes.
    schema: Object.keys(property).length === 0 ? { type: "string" } : property,
    required: place === "path" || required.includes(name),
    ...(typeof description === "string" ? { description } : {}),
  }));
}

const problemContent = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };

function answerOf(status: string, { description, schema, contentType }: Answer): Json {
  if (Number(status) >= 400 && !schema) return { description, content: problemContent };
  if (schema)
    return {
      description,
      content: { [contentType ?? "application/json"]: { schema: jsonSchema(schema, "output") } },
    };
  return contentType ? { description, content: { [contentType]: {} } } : { description };
}

/** What any call may be answered with, besides what its route declares. */
function commonAnswers(route: Route): Readonly<Record<string, Answer>> {
  const takesBody = route.body !== undefined || route.streams !== undefined || route.form !== undefined;
  const changes = route.method !== "get";
  const guarded = route.access !== "public";
  const repeatable = route.method === "post" && route.idempotent !== false && route.body !== undefined;
  return {
    ...(route.params || route.query || takesBody || repeatable
      ? { 400: { description: "Some fields are invalid; all are named" } }
      : {}),
    ...(guarded || route.path.includes("/account") || route.path.endsWith("/session")
      ? { 401: { description: "No session, or wrong credentials" } }
      : {}),
    ...(guarded || changes ? { 403: { description: "Not allowed, or the CSRF token is missing" } } : {}),
    ...(repeatable
      ? { 409: { description: "It conflicts with what is stored, or the Idempotency-Key is in use" } }
      : {}),
    ...(takesBody
      ? {
          413: { description: "The body is too large" },
          415: { description: "The body has another content type" },
        }
      : {}),
    429: { description: "Too many requests; Retry-After says when to come back" },
    503: { description: "The database is away; Retry-After says when to come back" },
  };
}

function accessText({ access }: Route): string {
  if (access === "public") return "Open to anybody.";
  if (access === "signed-in") return "Needs a session.";
  if (typeof access === "string") return `Needs the role ${access}.`;
  return `Needs the role admin, or staff with the right to ${neededFor(access).join(" and ")} ${access.resource}.`;
}

function headersOf(route: Route): OpenApiParameter[] {
  const header = (
    name: string,
    description: string,
    more: Json = {},
    required = false,
  ): OpenApiParameter => ({
    name,
    in: "header",
    required,
    description,
    schema: { type: "string", ...more },
  });
  const changes = route.method !== "get";
  return [
    ...(changes && route.access !== "public"
      ? [header("X-CSRF-Token", "`csrfToken` of GET /api/v1/session")]
      : []),
    ...(route.method === "post" && route.body && route.idempotent !== false
      ? [
          header(
            "Idempotency-Key",
            "8 to 128 characters of your choice: a repeat with the same key gets the first answer",
            { pattern: keyPattern.source },
          ),
        ]
      : []),
    ...(route.answers[412]
      ? [header("If-Match", "ETag of the version you saw", {}, route.answers[428] !== undefined)]
      : []),
  ];
}

/**
 * A form with a file: an object, so that generated clients have a property for the file and one for
 * each field.
 */
function formOf({ fields, accepts }: UploadForm): { schema: Json; encoding: Json } {
  const { properties, required, ...schema } = jsonSchema(fields, "input") as {
    properties?: Json;
    required?: readonly string[];
  };
  // Fields first: that is the order in which they are to be sent.
  const file = { type: "string", format: "binary" };
  return {
    schema: {
      ...schema,
      properties: { ...properties, [fileField]: file },
      required: [...(required ?? []), fileField],
    },
    encoding: { [fileField]: { contentType: accepts.join(", ") } },
  };
}

function requestBodyOf({ body, form, streams }: Route): OpenApiOperation["requestBody"] {
  if (body) return { required: true, content: { "application/json": { schema: jsonSchema(body, "input") } } };
  if (form) return { required: true, content: { "multipart/form-data": formOf(form) } };
  return streams === undefined
    ? undefined
    : { required: true, content: { [streams]: { schema: { type: "string" } } } };
}

function operationOf(route: Route): OpenApiOperation {
  const requestBody = requestBodyOf(route);
  const answers: Readonly<Record<string, Answer>> = { ...commonAnswers(route), ...route.answers };
  const path = route.path
    .replaceAll(/[:/]+/g, " ")
    .trim()
    .replaceAll(/[\s-]+(\w)/g, (_, letter: string) => letter.toUpperCase());
  return {
    operationId: `${route.method}${path[0]?.toUpperCase() ?? ""}${path.slice(1)}`,
    summary: route.summary,
    description: accessText(route),
    tags: [route.tag ?? "System"],
    security: route.access === "public" ? [] : [{ session: [] }],
    parameters: [
      ...parametersOf(route.params, "path"),
      ...parametersOf(route.query, "query"),
      ...headersOf(route),
    ],
    ...(requestBody ? { requestBody } : {}),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [status, answerOf(status, answer)]),
    ),
  };
}

/**
 * Makes the OpenAPI 3.1 document of the JSON routes, from the schemas that check the requests
 * themselves.
 */
export function openApiDocument(routes: readonly Route[], title: string, release: string): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  const shown = routes.filter((route) => route.kind !== "page");
  for (const route of shown) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[route.method] = operationOf(route);
  }
  return {
    openapi: "3.1.0",
    info: { title, version: release },
    servers: [{ url: "/" }],
    tags: [...new Set(shown.map((route) => route.tag ?? "System"))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: jsonSchema(problemSchema, "output") },
      securitySchemes: { session: { type: "apiKey", in: "cookie", name: "__Host-session" } },
    },
  };
}
