/** Names that hold inside every stack: hosts of its internal network, and its database. */
export const databaseHost = "postgres";
export const databaseName = "app";
export const cacheHost = "redis";
