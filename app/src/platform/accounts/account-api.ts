import type { Route } from "../http/route.ts";
import type { AccountService } from "./account-service.ts";
import { registrationRoutes } from "./registration-api.ts";
import type { SecondFactor } from "./second-factor.ts";
import { secondFactorRoutes } from "./second-factor-api.ts";
import { sessionRoutes } from "./session-api.ts";

/** The JSON API of accounts and sessions. */
export function accountApi(service: AccountService, secondFactor: SecondFactor, issuer: string): Route[] {
  return [
    ...sessionRoutes(service),
    ...registrationRoutes(service),
    ...secondFactorRoutes(secondFactor, issuer),
  ].map((route) => ({ ...route, tag: "Account" }));
}
