import { runAppProgram, type AppTarget } from "../running/app-program.ts";
import { applicationCommand } from "../settings/stack-declaration.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { liteOption } from "./options.ts";

interface CreateAdminOptions extends AppTarget {
  readonly name?: string;
  readonly passwordStdin?: boolean;
}

/** `berth create-admin`: an account that may do everything in the admin interface. */
export const addCreateAdmin: AddCommand = (program, run) => {
  stackCommand(program, "create-admin", "create an administrator, or turn an existing account into one", [
    ["npx berth create-admin ada@example.org", "asks for the password, or prints a link to set it"],
    [
      "npx berth create-admin ada@example.org --stack prod < /dev/null",
      "prints the link, for another person",
    ],
    ["npx berth create-admin ada@example.org --password-stdin < file", "the password from a file"],
  ])
    .argument("<email>", "e-mail address of the account")
    .option("--name <name>", "name of a new account (default: Administrator)")
    .option("--password-stdin", "read the password from standard input")
    .addOption(liteOption())
    .action(async (email: string, options: CreateAdminOptions) =>
      run({ showSteps: false }, (session) =>
        runAppProgram(session, options, [
          ...applicationCommand(options.stack, "createAdmin"),
          ...adminArguments(email, options),
        ]),
      ),
    );
};

/**
 * Arguments of the application's program. The password is none of them: others on the machine
 * see those.
 */
export function adminArguments(
  email: string,
  { name, passwordStdin }: Omit<CreateAdminOptions, "stack">,
): string[] {
  return [
    `--email=${email}`,
    ...(name === undefined ? [] : [`--name=${name}`]),
    ...(passwordStdin === true ? ["--password-stdin"] : []),
  ];
}
