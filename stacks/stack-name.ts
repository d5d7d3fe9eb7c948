/** What the application, image names and container names take alike. */
const pattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The name of a container is a name in DNS, of 63 characters at most, and "-canary-0a1b2c" comes
 * behind the stack's.
 */
const longestInDns = 63 - "-canary-0a1b2c".length;

/** The name that was probably meant. */
function nearName(stack: string): string {
  return stack
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "");
}

/**
 * Why a stack cannot have its name: the application or Docker would refuse it once half of the
 * stack runs.
 * @returns the rule and the fix
 */
export function stackNameProblems(stack: string): string[] {
  if (pattern.test(stack)) return [];
  const meant = nearName(stack);
  return [
    `stack ${stack}: a name has small letters, digits and dashes, 63 at most, and no dash at either end. ` +
      `Fix: pulumi stack rename ${meant === "" ? "NAME" : meant} --stack ${stack}`,
  ];
}

/**
 * Why a stack whose containers find each other by name cannot have its name.
 * @param project name of the Pulumi project, which container names begin with
 */
export function containerNameProblems(project: string, stack: string): string[] {
  const excess = `${project}-${stack}`.length - longestInDns;
  if (excess <= 0) return [];
  return [
    `stack ${stack}: its containers' names would be longer than DNS takes (63). ` +
      `Fix: a name that is ${excess} characters shorter: pulumi stack rename NAME --stack ${stack}`,
  ];
}

/** Why a Pulumi project cannot have its name, which the names of images and volumes begin with. */
export function projectNameProblems(project: string): string[] {
  if (/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(project)) return [];
  return [
    `project ${project}: a name has small letters and digits, with single dots, dashes or underscores in between. Fix: name: in Pulumi.yaml`,
  ];
}
