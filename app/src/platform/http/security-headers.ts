import type { RequestHandler } from "express";

/**
 * The response headers that keep a browser from doing what the app never asks of it. A proxy in
 * front adds HSTS only. Sources: OWASP Secure Headers Project, MDN. `style-src` and `script-src`
 * allow our own files, never inline code.
 */
export const headers: Readonly<Record<string, string>> = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "strict-origin-when-cross-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/**
 * Sets the security headers and the release on every response.
 *
 * @param s3 where the app sends people to for pictures, if it does: pages may show those then
 */
export function securityHeaders(
  release: string,
  s3: { readonly endpoint: string; readonly redirect: boolean } | undefined,
): RequestHandler {
  const policy = headers["Content-Security-Policy"] ?? "";
  const own = new Map(
    Object.entries({
      ...headers,
      "Content-Security-Policy": s3?.redirect
        ? policy.replace("img-src 'self'", `img-src 'self' ${new URL(s3.endpoint).origin}`)
        : policy,
      "X-Release": release,
    }),
  );
  return (_request, response, next) => {
    response.setHeaders(own);
    next();
  };
}
