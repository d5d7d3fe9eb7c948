import { z } from "zod";
import { accountFields } from "./accounts.ts";
import { defineShape } from "./define-shape.ts";
import { list } from "./edge-fields.ts";
import { commonFields, hostAddress, hostPort, logLevelField, wholeNumber } from "./fields.ts";
import { mailFields, mailPart, mailProblems } from "./mail.ts";
import { mediaProblems } from "./media.ts";
import { appPart, databasePart, stackPart } from "./parts.ts";
import { basicReachProblems } from "./reach.ts";
import { registryFields, registryProblems } from "./registry.ts";
import { releaseFields, releasePart } from "./release.ts";

/** Settings of a stack without a proxy: one application container and Postgres. */
const settings = z.strictObject({
  ...commonFields,
  ...accountFields,
  ...releaseFields,
  ...registryFields,
  ...mailFields,
  appPort: hostPort.default(8000).describe("Port of the application."),
  appAddress: hostAddress
    .default("127.0.0.1")
    .describe(
      "Host address that the application's port is bound to; 0.0.0.0 opens it to the network, unencrypted.",
    ),
  trustedProxies: list
    .default([])
    .describe(
      "Addresses or CIDR ranges of proxies in front whose X-Forwarded-* headers are believed; 127.0.0.1 is one on the host. `publicUrl` says their address.",
    ),
  workers: wholeNumber(1, 64).default(3).describe("Node processes in the application's container."),
  logLevel: logLevelField("info"),
});

/** The application with its workers in one container, its port published without a proxy. */
export const basic = defineShape(
  settings,
  (stack, values) => {
    const appPort = { part: "app", setting: "appPort", address: values.appAddress, port: values.appPort };
    return {
      ...stackPart(stack, values),
      shape: "basic",
      app: {
        ...appPart(values),
        replicas: 1,
        workers: values.workers,
        port: appPort,
        trustedProxies: values.trustedProxies,
        environment: "production",
        hotReload: false,
        worker: false,
        sampleData: false,
      },
      release: releasePart(values),
      database: databasePart(values),
      ...mailPart(values),
      published: [appPort],
    };
  },
  (shape, values) => [
    ...mailProblems(values),
    ...mediaProblems(values),
    ...registryProblems(values),
    ...basicReachProblems(shape.stack, values),
  ],
);
