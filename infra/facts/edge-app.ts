import type { Declaration } from "../../declaration/read-declaration.ts";
import type { EdgeApp } from "../rendering/edge-app.ts";
import { healthPath } from "./app-environment.ts";

/** What Nginx has to know of an application. */
export function edgeApp(declaration: Declaration): EdgeApp {
  return {
    health: healthPath(declaration),
    staticPaths: declaration.static.map(({ at }) => at),
    native: declaration.runtime === "native",
    strictHeaders: declaration.headers === "strict",
  };
}
