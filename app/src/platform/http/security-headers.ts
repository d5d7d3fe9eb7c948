import type { RequestHandler } from "express";

/**
 * The response headers that keep a browser from doing what the app never asks of it. A proxy in front adds HSTS only.
 * Sources: OWASP Secure Headers Project, MDN. `style-src` and `script-src` allow our own files, never inline code.
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

/** Sets the security headers and the release on every response. */
export function securityHeaders(release: string): RequestHandler {
  return (_request, response, next) => {
    response.set(headers).set("X-Release", release);
    next();
  };
}
