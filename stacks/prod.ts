import { z } from "zod";
import { defineShape } from "./define-shape.ts";
import { commonFields, logLevelField, wholeNumber } from "./fields.ts";
import { appPart, databasePart, stackPart } from "./parts.ts";

/** Settings of a production stack. */
const settings = z.strictObject({
  ...commonFields,
  replicas: wholeNumber(1, 64).default(2).describe("Application containers."),
  workers: wholeNumber(1, 64).default(1).describe("Node processes in each application container."),
  logLevel: logLevelField("info"),
});

/** Replicas and Postgres on a network of their own, nothing published. */
export const prod = defineShape(settings, (stack, values) => {
  return {
    ...stackPart(stack, values),
    shape: "prod",
    app: {
      ...appPart(values),
      replicas: values.replicas,
      workers: values.workers,
      environment: "production",
      hotReload: false,
      sampleData: false,
    },
    database: databasePart(values),
    published: [],
  };
});
