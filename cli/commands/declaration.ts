import { declarationJsonSchema } from "../../declaration/schema.ts";
import { plainValues, secretValues, settingValues } from "../../declaration/values.ts";
import { exitCode } from "../../system/exit-code.ts";
import { stackDeclaration } from "../settings/stack-declaration.ts";
import { renderTable } from "../terminal/table.ts";
import { stackCommand, type AddCommand } from "./command.ts";

interface DeclarationOptions {
  readonly stack: string;
  readonly schema?: boolean;
  readonly values?: boolean;
}

/** `berth declaration`: how an application is run, as its `berth.json` says it. */
export const addDeclaration: AddCommand = (program, run) => {
  stackCommand(
    program,
    "declaration",
    "check and show how the stack's application is run, defaults included",
    [
      ["npx berth declaration", "what the dev stack's berth.json says, with defaults"],
      ["npx berth declaration --values", "the values that variables may name"],
      ["npx berth declaration --schema", "JSON Schema of berth.json, for editors"],
    ],
  )
    .option("--schema", "print the JSON Schema of berth.json")
    .option("--values", "list what ${…} in variables may name")
    .action(async (options: DeclarationOptions) =>
      run({ showSteps: false }, (session) => {
        session.print(shown(options));
        return Promise.resolve(exitCode.done);
      }),
    );
};

function shown({ schema, stack, values }: DeclarationOptions): string {
  if (schema === true) return JSON.stringify(declarationJsonSchema(), null, 2);
  if (values === true) return renderValues();
  const { origin, ...declaration } = stackDeclaration(stack);
  const image =
    origin.kind === "image"
      ? origin.reference
      : origin.generated
        ? "built by the lockfile"
        : "built by the Dockerfile";
  return JSON.stringify({ ...declaration, image }, null, 2);
}

function renderValues(): string {
  const all: Record<string, string> = {
    ...plainValues,
    ...Object.fromEntries(settingValues.map((name) => [`settings.${name}`, `setting ${name}`])),
    ...secretValues,
    "secret.own.NAME": "your own secret: pulumi config set --secret --path secrets.NAME",
  };
  return renderTable(
    ["VALUE", "WHAT IT IS"],
    Object.entries(all).map(([name, what]) => [`\${${name}}`, what]),
  );
}
