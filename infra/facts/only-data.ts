/**
 * Variable that has the program end with what holds a stack's data and makes its backups: networks,
 * Postgres, the uploads' volume and the container of backups.
 */
export const onlyDataVariable = "BERTH_ONLY_DATA";

export const onlyData = (env: NodeJS.ProcessEnv): boolean => env[onlyDataVariable] === "1";
