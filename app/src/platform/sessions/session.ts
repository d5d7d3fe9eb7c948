export const roles = ["user", "staff", "admin"] as const;
export type Role = (typeof roles)[number];

/** How much of a module's data a person may touch; each level includes the ones before it. */
export const levels = ["view", "edit", "delete"] as const;
export type Level = (typeof levels)[number];

/** Who is signed in. */
export interface Person {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  /** What a staff member may do, by resource; admins may do everything. */
  readonly permissions: Readonly<Record<string, Level>>;
  readonly hasSecondFactor: boolean;
}

/** A session that is valid now. */
export interface Session {
  readonly id: number;
  readonly person: Person;
  /** When the password (and second factor) was last given. */
  readonly authenticatedAt: Date;
}
