import { defineProblem } from "../problems/define-problem.ts";
import { forbidden, signInRequired } from "../problems/problems.ts";
import { levels, type Level, type Person } from "../sessions/session.ts";

/**
 * Access to a route: `public` for everyone; `signed-in` for people with a session; `staff` and
 * `admin` for that role or above; `{ resource, level }` admins, and staff whose permissions on the
 * resource reach the level.
 */
export type Access =
  "public" | "signed-in" | "staff" | "admin" | { readonly resource: string; readonly level: Level };

/** Whether `person` holds at least `level` on `resource`. */
export function mayTouch(person: Person, resource: string, level: Level): boolean {
  if (person.role === "admin") return true;
  const held = person.role === "staff" ? person.permissions[resource] : undefined;
  return held !== undefined && levels.indexOf(held) >= levels.indexOf(level);
}

function isAllowed(access: Exclude<Access, "public">, person: Person): boolean {
  if (access === "signed-in") return true;
  if (access === "admin") return person.role === "admin";
  if (access === "staff") return person.role !== "user";
  return mayTouch(person, access.resource, access.level);
}

/**
 * Lets a call through or refuses it.
 *
 * @throws sign-in-required without a session, forbidden if the session's person lacks the right.
 */
export function requireAccess(access: Access, person: Person | undefined): void {
  if (access === "public") return;
  if (!person) throw signInRequired("This needs a session.");
  if (!isAllowed(access, person))
    throw forbidden("Your account lacks the right to do this. Ask an administrator.");
}

/** People who must have a second factor: none, staff and administrators, or all. */
export type SecondFactorPolicy = "optional" | "staff" | "all";

export const secondFactorNeeded = defineProblem(403, "second-factor-needed", "Turn on a second factor first");

/**
 * Holds people back who have not turned on the second factor that their role asks for.
 *
 * @throws second-factor-needed
 */
export function requireSecondFactor(
  policy: SecondFactorPolicy,
  { access, beforeSecondFactor }: { readonly access: Access; readonly beforeSecondFactor?: boolean },
  person: Person | undefined,
): void {
  if (person === undefined || person.hasSecondFactor || access === "public" || beforeSecondFactor) return;
  if (policy === "all" || (policy === "staff" && person.role !== "user")) {
    throw secondFactorNeeded("Your account needs one: turn it on at /account/second-factor.");
  }
}
