import express, { type Request, type RequestHandler, type Response } from "express";
import { malformedBody, unsupportedMedia } from "../problems/problems.ts";
import type { FormSize, Route } from "./route.ts";

/** Bytes of the largest JSON or form body; uploads are streamed and have limits of their own. */
const bodyLimit = 100 * 1024;
/** Deepest nesting of a JSON body. */
const deepest = 20;

const readJson = express.json({ limit: bodyLimit, strict: true });
const formReader = ({ values, bytes = bodyLimit }: FormSize): RequestHandler =>
  express.urlencoded({ limit: bytes, extended: false, parameterLimit: values });
const readForm = formReader({ values: 200 });

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Whether a value is nested deeper than `most`, looked at level by level: no stack to overflow. */
function isDeeper(value: unknown, most: number): boolean {
  let level = [value].filter(isContainer);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === most) return true;
    level = level.flatMap((container) => Object.values(container) as unknown[]).filter(isContainer);
  }
  return false;
}

function run(reader: RequestHandler, request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    void reader(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error("The body cannot be read.", { cause: error }));
    });
  });
}

/**
 * Whether a body of several parts says what stands between them.
 * https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1
 */
function hasBoundary(request: Request): boolean {
  return /^multipart\/[^;]+;.*\bboundary=(?:"[^"]+"|[^\s";]+)/i.test(request.get("content-type") ?? "");
}

/**
 * Reads the body that a route with a `body` schema takes: a form on a page, JSON elsewhere. What a
 * route streams by itself is looked at from outside only.
 */
export async function readBody(route: Route, request: Request, response: Response): Promise<void> {
  if (request.is("multipart/*") && !hasBoundary(request)) {
    throw malformedBody("The Content-Type lacks its boundary.");
  }
  if (!route.body) return;
  if (route.kind === "page") {
    await run(route.formSize ? formReader(route.formSize) : readForm, request, response);
    return;
  }
  if (!request.is("application/json")) {
    throw unsupportedMedia("Send the body as application/json.");
  }
  await run(readJson, request, response);
  if (isDeeper(request.body, deepest))
    throw malformedBody(`The body is nested deeper than ${deepest} levels.`);
}
