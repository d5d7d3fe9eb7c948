import { z } from "zod";
import { accountFields } from "./accounts.ts";
import { defineShape } from "./define-shape.ts";
import { commonFields, hostPort, logLevelField } from "./fields.ts";
import { mediaProblems } from "./media.ts";
import { appPart, databasePart, loopback, stackPart } from "./parts.ts";
import { releaseFields, releasePart } from "./release.ts";

/** Settings of a stack for development on one's own machine. */
const settings = z.strictObject({
  ...commonFields,
  ...accountFields,
  ...releaseFields,
  appPort: hostPort.default(8000).describe("Port of the application on 127.0.0.1."),
  adminerPort: hostPort.default(8080).describe("Port of Adminer on 127.0.0.1."),
  databasePort: hostPort.default(5433).describe("Port of Postgres on 127.0.0.1."),
  logLevel: logLevelField("debug"),
});

/** Source mounted, hot reload, sample data, Adminer, every port on loopback. */
export const dev = defineShape(
  settings,
  (stack, values) => {
    const appPort = loopback("app", "appPort", values.appPort);
    const adminer = loopback("adminer", "adminerPort", values.adminerPort);
    const databasePort = loopback("postgres", "databasePort", values.databasePort);
    return {
      ...stackPart(stack, values),
      shape: "dev",
      app: {
        ...appPart(values),
        replicas: 1,
        workers: 1,
        port: appPort,
        environment: "development",
        hotReload: true,
        worker: false,
        sampleData: true,
      },
      release: releasePart(values),
      database: { ...databasePart(values), port: databasePort },
      adminer,
      published: [appPort, adminer, databasePort],
    };
  },
  (_shape, values) => mediaProblems(values),
);
