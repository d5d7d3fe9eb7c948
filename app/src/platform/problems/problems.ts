import { defineProblem } from "./define-problem.ts";

/** Problems any module may answer with. A module's own kinds live in its own folder. */
export const invalidInput = defineProblem(400, "invalid-input", "The request has invalid fields");
export const malformedBody = defineProblem(400, "malformed-body", "The request body cannot be read");
export const signInRequired = defineProblem(401, "sign-in-required", "Sign in first");
export const forbidden = defineProblem(403, "forbidden", "Not allowed");
export const notFound = defineProblem(404, "not-found", "Nothing is here");
export const methodNotAllowed = defineProblem(405, "method-not-allowed", "This is not done here");
export const conflict = defineProblem(409, "conflict", "The change conflicts with what is stored");
export const changedMeanwhile = defineProblem(412, "changed-meanwhile", "Somebody else changed it meanwhile");
export const tooLarge = defineProblem(413, "too-large", "The request is too large");
export const unsupportedMedia = defineProblem(415, "unsupported-media", "This content type is not accepted");
export const preconditionNeeded = defineProblem(428, "precondition-needed", "Say which version you change");
export const tooManyRequests = defineProblem(429, "too-many-requests", "Too many requests");
export const internalError = defineProblem(500, "internal-error", "Something went wrong on our side");
export const unavailable = defineProblem(503, "unavailable", "Not available right now");
