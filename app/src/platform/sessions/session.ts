export const roles = ["user", "staff", "admin"] as const;
export type Role = (typeof roles)[number];

/** What a right lets a person do with the rows of a resource; `view` comes with each other. */
export const actions = ["view", "add", "change", "delete"] as const;
export type Action = (typeof actions)[number];

/** What somebody may do, by resource. */
export type Rights = Readonly<Record<string, readonly Action[]>>;

/** Who is signed in. */
export interface Person {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  /** What a staff member may do, their groups' rights included; admins may do everything. */
  readonly permissions: Rights;
  readonly hasSecondFactor: boolean;
}

/** A session that is valid now. */
export interface Session {
  readonly id: number;
  readonly person: Person;
  /** When the password (and second factor) was last given. */
  readonly authenticatedAt: Date;
  /** The administrator whose session this is, while they look at everything as `person`. */
  readonly viewerId: number | undefined;
}
