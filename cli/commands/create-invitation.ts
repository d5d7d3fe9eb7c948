import { runAppProgram, type AppTarget } from "../running/app-program.ts";
import { applicationCommand } from "../settings/stack-declaration.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { liteOption } from "./options.ts";

interface CreateInvitationOptions extends AppTarget {
  readonly link?: boolean;
}

/** `berth create-invitation`: asks a person to open an account. */
export const addCreateInvitation: AddCommand = (program, run) => {
  stackCommand(program, "create-invitation", "invite an address to open an account", [
    ["npx berth create-invitation ada@example.org --stack prod", "mails a link, good once for seven days"],
    ["npx berth create-invitation ada@example.org --link", "prints the link, to hand it on yourself"],
  ])
    .argument("<email>", "e-mail address of the account")
    .option("--link", "print the link instead of mailing it; always so without a mail server")
    .addOption(liteOption())
    .action(async (email: string, options: CreateInvitationOptions) =>
      run({ showSteps: false }, (session) =>
        runAppProgram(session, options, [
          ...applicationCommand(options.stack, "createInvitation"),
          ...invitationArguments(email, options),
        ]),
      ),
    );
};

/** Arguments of the application's program. */
export function invitationArguments(
  email: string,
  { link }: Pick<CreateInvitationOptions, "link">,
): string[] {
  return [`--email=${email}`, ...(link === true ? ["--link"] : [])];
}
