import type { AppModule } from "../../platform/modules/module.ts";
import { customers } from "./customers.ts";
import { seedCustomers } from "./customers-seed.ts";
import { visits } from "./visits.ts";

/**
 * The worked example: customers of an exhibition and their visits. `npx berth remove module
 * customers` takes it away.
 */
export const module: AppModule = {
  resources: [customers, visits],
  seed: seedCustomers,
};
