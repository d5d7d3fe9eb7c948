import { parseArgs } from "node:util";
import { loadConfig } from "./config.ts";
import { openPlatform } from "./platform/open-platform.ts";
import { Problem } from "./platform/problems/define-problem.ts";
import { Refusal } from "./platform/process/report-fatal.ts";
import { runForAddress } from "./platform/process/run-for-address.ts";
import { createServices } from "./platform/services.ts";

const usage = `node src/create-invitation.ts --email ADDRESS [--link]

Invites an address to open an account. The link is mailed, works once and is good for seven days; an earlier
invitation of the address stops working. With --link, and where no mail is sent, it is printed instead.
`;

async function run(email: string, showLink: boolean): Promise<void> {
  const platform = await openPlatform({ ...loadConfig(), logLevel: "warn" }, "script");
  try {
    const { invitations } = createServices(platform);
    const origin = { address: "", requestId: "" };
    const { link } = await invitations.invite(email, undefined, origin, { showLink });
    process.stdout.write(
      link === undefined
        ? `The invitation of ${email} is on its way by mail.\n`
        : `Hand this link on to ${email}; it works once, within seven days: ${link}\n`,
    );
  } catch (error) {
    throw error instanceof Problem ? new Refusal(`${error.title}. ${error.message}`) : error;
  } finally {
    await platform.close(1);
  }
}

const { values } = parseArgs({
  options: {
    email: { type: "string", default: "" },
    link: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
await runForAddress({ usage, option: "--email", address: values.email, help: values.help }, (email) =>
  run(email, values.link),
);
