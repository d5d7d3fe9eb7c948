import { type Action, actions, type Rights } from "./session.ts";

/** What the words of earlier releases stand for. */
const levels: Readonly<Record<string, readonly Action[]>> = {
  view: ["view"],
  edit: ["view", "add", "change"],
  delete: actions,
};

/** Names in rights of what is added and deleted, but never changed: files and invitations. */
export const unchanging: readonly string[] = ["media", "invitations"];

/** What can be done with something. */
export const actionsOn = (resource: string): readonly Action[] =>
  unchanging.includes(resource) ? actions.filter((action) => action !== "change") : actions;

/** Rights as the database has them: actions, or the word of an earlier release. */
export type HeldRights = Readonly<Record<string, readonly Action[] | string>>;

/** What rights of the database let a person do. */
export function rightsOf(held: HeldRights | null): Rights {
  if (held === null) return {};
  return Object.fromEntries(
    Object.entries(held).map(([resource, may]) => [
      resource,
      typeof may === "string" ? (levels[may] ?? []) : may,
    ]),
  );
}

/** The known ones of some actions in their order, with `view` as soon as there is any. */
export function completed(chosen: readonly unknown[]): readonly Action[] {
  const known = actions.filter((action) => chosen.includes(action));
  return known.length === 0 || known.includes("view") ? known : ["view", ...known];
}
