import { join } from "node:path";
import { readDeclaration } from "../../declaration/read-declaration.ts";
import { edgeApp } from "../../infra/facts/edge-app.ts";

/** What berth's own application says of itself. */
export const ownApp = readDeclaration(join(import.meta.dirname, "../.."), "app");

/** What Nginx knows of it. */
export const ownEdgeApp = edgeApp(ownApp);
