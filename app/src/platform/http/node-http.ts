/**
 * Node's HTTP. Importing `node:http` by name makes Node read every export of it, WebSocket among
 * them, and for that its whole HTTP client: a tenth of a start.
 */
export const { createServer } = process.getBuiltinModule("node:http");
