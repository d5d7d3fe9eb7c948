/**
 * SQL that waits until no other session of this server changes roles, and keeps them out until this
 * session ends. Two that grant rights on one database at the same time get `ERROR: tuple
 * concurrently updated`, and Pulumi runs what does not depend on each other side by side. The lock
 * belongs to the database that the session is in, so every script takes it in `postgres`.
 * https://www.postgresql.org/docs/17/explicit-locking.html#ADVISORY-LOCKS
 */
export const inTurn = "DO $$ BEGIN PERFORM pg_advisory_lock(hashtext('berth roles')); END $$;";
