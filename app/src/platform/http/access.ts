import { defineProblem } from "../problems/define-problem.ts";
import { forbidden, signInRequired } from "../problems/problems.ts";
import type { Action, Person, Session } from "../sessions/session.ts";

/**
 * Access to a route: `public` for everyone; `signed-in` for people with a session; `staff` and
 * `admin` for that role or above; `{ resource, action }` for admins, and staff who hold the right,
 * or all of several.
 */
export type Access = "public" | "signed-in" | "staff" | "admin" | ResourceAccess;

/** A right on a resource; the name of permissions is that of the resource. */
export interface ResourceAccess {
  readonly resource: string;
  readonly action: Action | readonly Action[];
}

const actionsOfLevels: Readonly<Record<string, string>> = {
  view: '"view"',
  edit: '"add" or "change"',
  delete: '"delete"',
};

/** What is wrong with an access that is written as an earlier release had it. */
export function accessProblem(access: Access): string | undefined {
  if (typeof access === "string" || Object.hasOwn(access, "action")) return undefined;
  const { level } = access as ResourceAccess & { readonly level?: unknown };
  const action = actionsOfLevels[String(level)] ?? '"view", "add", "change" or "delete"';
  return `access needs an action in place of level: write { resource: "${access.resource}", action: … } with ${action}`;
}

/** The actions that an access needs, each of them. */
export const neededFor = ({ action }: ResourceAccess): readonly Action[] =>
  typeof action === "string" ? [action] : action;

/** Whether `person` may do `action` with rows of `resource`. */
export function mayTouch(person: Person, resource: string, action: Action): boolean {
  if (person.role === "admin") return true;
  return person.role === "staff" && (person.permissions[resource]?.includes(action) ?? false);
}

function isAllowed(access: Exclude<Access, "public">, person: Person): boolean {
  if (access === "signed-in") return true;
  if (access === "admin") return person.role === "admin";
  if (access === "staff") return person.role !== "user";
  return neededFor(access).every((action) => mayTouch(person, access.resource, action));
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

const onlyViewing = defineProblem(403, "only-viewing", "You look at this as somebody else");

/**
 * Lets an administrator who looks as somebody else see what that person sees, but neither change
 * anything nor see what belongs to nobody but them: their account, their sessions, their secrets.
 *
 * @throws only-viewing
 */
export function requireOwnEyes(
  {
    access,
    method,
    whileViewing,
  }: { readonly access: Access; readonly method: string; readonly whileViewing?: boolean },
  session: Session | undefined,
): void {
  if (session?.viewerId === undefined || whileViewing === true) return;
  if (method === "get" && access !== "signed-in") return;
  throw onlyViewing(`You look at this as ${session.person.name}: end that first.`);
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
