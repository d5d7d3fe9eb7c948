/**
 * What Pulumi's SDK does in every program for those who debug the SDK itself takes a quarter of a
 * run's processor time. It is left out, unless BERTH_DEBUG is set.
 */
import log from "@pulumi/pulumi/log/index.js";

if (process.env["BERTH_DEBUG"] === undefined) {
  // Pulumi's launcher installs a formatter of stack traces that looks for source maps, and Pulumi
  // takes a trace of every promise. There are no source maps here: Node strips types in place.
  Reflect.deleteProperty(Error, "prepareStackTrace");
  // Three hundred calls of the engine, which shows them with `pulumi up --debug` alone.
  log.debug = () => Promise.resolve();
}
