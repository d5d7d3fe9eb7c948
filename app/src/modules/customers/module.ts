import type { AppModule } from "../../platform/modules/module.ts";
import { customerRoutes } from "./customer-routes.ts";
import { createCustomerService } from "./customer-service.ts";
import { createCustomerStore } from "./customer-store.ts";

/** The worked example: customers of an exhibition. Delete this folder when your own module stands. */
export const module: AppModule = {
  routes: ({ database }) => customerRoutes(createCustomerService(createCustomerStore(database))),
};
