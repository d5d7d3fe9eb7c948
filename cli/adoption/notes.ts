/** A line of what was read of an application. */
export interface Noticed {
  readonly what: string;
  readonly value: string;
}

/** What is gathered while an application is read. */
export interface Notes {
  readonly found: Noticed[];
  readonly assumed: Noticed[];
  /** What only a person can decide. */
  readonly undecided: Noticed[];
  /** Promises that do not hold, or only in part, with the fix. */
  readonly limits: Noticed[];
}
