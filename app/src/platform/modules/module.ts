import type { Database } from "../database/open-database.ts";
import type { Route } from "../http/route.ts";

/** What the platform gives a module. */
export interface ModuleDeps {
  readonly database: Database;
}

/** A module as its `module.ts` exports it, under the name `module`. Its folder's name is the module's name. */
export interface AppModule {
  /** Makes the module's routes. Opens nothing. */
  readonly routes: (deps: ModuleDeps) => readonly Route[];
}

/** A module with the folder it was found in. */
export interface FoundModule extends AppModule {
  readonly name: string;
  readonly folder: string;
}
