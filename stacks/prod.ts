import { z } from "zod";
import { accountFields } from "./accounts.ts";
import { defineShape } from "./define-shape.ts";
import { edgeFields } from "./edge-fields.ts";
import { edgeProblems, exposureProblems } from "./edge-problems.ts";
import { edgePart } from "./edge.ts";
import { mailFields, mailPart, mailProblems } from "./mail.ts";
import { mediaProblems } from "./media.ts";
import { commonFields, logLevelField, wholeNumber, yesOrNo } from "./fields.ts";
import { appPart, databasePart, stackPart } from "./parts.ts";
import { edgeReachProblems } from "./reach.ts";
import { registryFields, registryProblems } from "./registry.ts";
import { releaseFields, releasePart, releaseProblems, trafficFields } from "./release.ts";

/** Settings of a production stack. */
const settings = z.strictObject({
  ...commonFields,
  ...accountFields,
  ...releaseFields,
  ...registryFields,
  ...trafficFields,
  ...edgeFields,
  domain: edgeFields.domain
    .optional()
    .describe(
      "Names that the stack serves, separated by commas, the canonical one first; nothing is published without.",
    ),
  ...mailFields,
  replicas: wholeNumber(1, 64).default(4).describe("Application containers."),
  cache: yesOrNo.default(true).describe("Run Redis for the application's cache and rate limits."),
  cacheMemory: wholeNumber(32, 65_536).default(64).describe("Memory limit of the Redis container, MiB."),
  workers: wholeNumber(1, 64).default(1).describe("Node processes in each application container."),
  logLevel: logLevelField("info"),
});

/** Replicas and Postgres on networks of their own; Nginx and Certbot in front once the stack has a domain. */
export const prod = defineShape(
  settings,
  (stack, values) => {
    const { domain } = values;
    const edge = domain === undefined ? undefined : edgePart({ ...values, domain }, values.drainTimeout);
    const httpPort = { setting: "httpPort", port: values.httpPort };
    const httpsPort = { setting: "httpsPort", port: values.httpsPort };
    return {
      ...stackPart(stack, values),
      shape: "prod",
      app: {
        ...appPart(values),
        replicas: values.replicas,
        workers: values.workers,
        environment: "production",
        hotReload: false,
        worker: true,
        sampleData: false,
      },
      release: releasePart(values),
      database: databasePart(values),
      ...(values.cache ? { cache: { memory: values.cacheMemory, pids: 32, cpuShares: 1024 } } : {}),
      ...mailPart(values),
      ...(edge === undefined
        ? {}
        : {
            edge,
            edgeLimits: {
              proxy: { memory: values.proxyMemory, pids: 128, cpuShares: 2048 },
              // Certbot's Python needs about 70 MiB while it orders.
              certbot: { memory: 192, pids: 64, cpuShares: 256, cpus: 0.5 },
            },
          }),
      published:
        edge === undefined
          ? []
          : [httpPort, ...(edge.tls.mode === "off" ? [] : [httpsPort])].map((port) => ({
              ...port,
              part: "nginx",
              address: edge.address,
            })),
    };
  },
  (shape, values) => [
    ...mailProblems(values),
    ...mediaProblems(values),
    ...registryProblems(values),
    ...releaseProblems(shape.stack, values),
    ...(shape.edge === undefined
      ? []
      : [
          ...edgeProblems(shape.edge, {
            cloudflareToken: values.cloudflareToken !== undefined,
            originCertificate: values.originCertificate !== undefined,
            originKey: values.originKey !== undefined,
          }),
          ...exposureProblems(shape.published),
          ...edgeReachProblems(values.publicUrl, shape.edge.domains),
        ]),
  ],
);
