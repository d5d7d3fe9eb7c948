/** Whether Postgres refused a value: SQLSTATE class 22, data exceptions. */
export function isRefusedValue(error: unknown): error is Error {
  return error instanceof Error && "code" in error && /^22...$/.test(String(error.code));
}
