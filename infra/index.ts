import "./lean-sdk.ts";
import { readConfig } from "./config.ts";
import { stackAddresses } from "./facts/addresses.ts";
import { applicationStack } from "./stack/application-stack.ts";
import { sharedProxyStack } from "./stack/shared-proxy-stack.ts";
import { stackContext } from "./stack/stack-context.ts";

const config = await readConfig();
const context = stackContext(config);
let served;
if (config.sharedProxy === undefined) served = await applicationStack(context);
else await sharedProxyStack(context, config.sharedProxy);

/** The stack's outputs: where its parts answer, and what serves, if anything does. */
export default { addresses: stackAddresses(config), ...served };
