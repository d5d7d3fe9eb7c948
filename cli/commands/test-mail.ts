import { runAppProgram, type AppTarget } from "../running/app-program.ts";
import { applicationCommand } from "../settings/stack-declaration.ts";
import { stackCommand, type AddCommand } from "./command.ts";

/** `berth test-mail`: whether the stack's mail settings work. */
export const addTestMail: AddCommand = (program, run) => {
  stackCommand(program, "test-mail", "send a test mail through the stack's mail server, step by step", [
    [
      "npx berth test-mail ada@example.org --stack prod",
      "says what fails: name, connection, TLS, sign-in, mail",
    ],
  ])
    .argument("<email>", "e-mail address that gets the mail")
    .action(async (email: string, options: AppTarget) =>
      run({ showSteps: false }, (session) =>
        runAppProgram(session, options, [
          ...applicationCommand(options.stack, "testMail"),
          ...mailArguments(email),
        ]),
      ),
    );
};

/** Arguments of the application's program. */
export function mailArguments(email: string): string[] {
  return [`--to=${email}`];
}
