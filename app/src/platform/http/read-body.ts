import express, { type Request, type RequestHandler, type Response } from "express";
import { malformedBody, unsupportedMedia } from "../problems/problems.ts";
import type { Route } from "./route.ts";

/** Largest JSON or form body; uploads are streamed and have limits of their own. */
const bodyLimit = "100kb";
/** Deepest nesting of a JSON body. */
const deepest = 20;

const readJson = express.json({ limit: bodyLimit, strict: true });
const readForm = express.urlencoded({ limit: bodyLimit, extended: false, parameterLimit: 200 });

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function run(reader: RequestHandler, request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    void reader(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error("The body cannot be read.", { cause: error }));
    });
  });
}

/** Reads the body that a route with a `body` schema takes: a form on a page, JSON elsewhere. */
export async function readBody(route: Route, request: Request, response: Response): Promise<void> {
  if (!route.body) return;
  if (route.kind === "page") {
    await run(readForm, request, response);
    return;
  }
  if (!request.is("application/json")) {
    throw unsupportedMedia("Send the body as application/json.");
  }
  await run(readJson, request, response);
  if (depthOf(request.body) > deepest)
    throw malformedBody(`The body is nested deeper than ${deepest} levels.`);
}
