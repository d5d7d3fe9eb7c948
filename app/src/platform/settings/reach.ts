import { isIP } from "node:net";
import { z } from "zod";

/**
 * One address of PUBLIC_URLS: scheme, host (`*` any, `*.` any subdomain), port (`*` any; the usual
 * one without).
 */
export const addressPattern = /^(https?):\/\/(\*|(?:\*\.)?[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}|\*))?$/;

/**
 * The word in TRUST_PROXY for the gateway of the container's network: so the container sees its
 * host's processes.
 */
export const gateway = "gateway";

function isRange(text: string): boolean {
  const [address = "", bits = "0", ...rest] = text.split("/");
  const family = isIP(address);
  return (
    family !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
  );
}

/** PUBLIC_URLS. */
export const addresses = z
  .string()
  .toLowerCase()
  .transform((text) => text.split(","))
  .refine((all) => all.every((text) => addressPattern.test(text)), "is no list of addresses");

/** TRUST_PROXY: a number of hops, or a list of addresses. */
export const proxies = z
  .string()
  .transform((text) => (/^\d{1,2}$/.test(text) ? Number(text) : text.split(",")))
  .refine(
    (trusted) =>
      typeof trusted === "number"
        ? trusted <= 10
        : trusted.every((text) => text === gateway || isRange(text)),
    "is neither a number from 0 to 10 nor a list of addresses and CIDR ranges",
  );
