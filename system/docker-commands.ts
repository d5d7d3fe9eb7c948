/** What an image build needs. */
export interface ImageBuild {
  /** Name that the image gets once it is complete. */
  readonly reference: string;
  /** Folder of the build context. */
  readonly context: string;
  readonly buildArguments: Readonly<Record<string, string>>;
  /**
   * Names of variables whose values docker takes from its own environment and keeps out of the
   * history.
   */
  readonly passedOn: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** How much of a container's log is asked for. */
export interface LogRange {
  /** Last lines. */
  readonly tail?: number;
  /** ISO 8601. */
  readonly since?: string;
  readonly follow?: boolean;
  readonly timestamps?: boolean;
}

/** Kinds of objects that are listed and inspected by their name or id. */
type Kind = "container" | "image" | "network" | "volume";

const option = (name: string, value: string | undefined) => (value === undefined ? [] : [`--${name}`, value]);
const filters = (values: readonly string[]) => values.flatMap((value) => ["--filter", value]);
const labels = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).flatMap(([name, value]) => ["--label", `${name}=${value}`]);

/**
 * Arguments of the docker command, as values. Docker's manual explains them under the same names.
 */
export const dockerCommand = {
  /** Ids of objects, of volumes their names; of containers that run. */
  ids: (kind: Kind, wanted: readonly string[]) => [
    kind,
    "ls",
    "--quiet",
    ...(kind === "volume" ? [] : ["--no-trunc"]),
    ...filters(wanted),
  ],
  inspect: (kind: Kind, names: readonly string[], format?: string) => [
    kind,
    "inspect",
    ...option("format", format),
    ...names,
  ],
  logs: (container: string, { tail, since, follow, timestamps }: LogRange) => [
    "logs",
    ...(follow === true ? ["--follow"] : []),
    ...(timestamps === true ? ["--timestamps"] : []),
    ...option("tail", tail?.toString()),
    ...option("since", since),
    container,
  ],
  /**
   * Ids of containers, as they start. `{{.ID}}` is not known to the client any more since version
   * 29.
   */
  starts: (wanted: readonly string[]) => [
    "events",
    ...filters(["type=container", "event=start", ...wanted]),
    "--format",
    "{{.Actor.ID}}",
  ],
  serverArchitecture: () => ["version", "--format", "{{.Server.Arch}}"],
  pull: (image: string) => ["pull", image],
  /** Makes an image without a name from the tar of a root file system on standard input. */
  importRoot: (changes: readonly string[]) => [
    "import",
    ...changes.flatMap((change) => ["--change", change]),
    "-",
  ],
  tagsOf: (repository: string) => ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", repository],
  tag: (image: string, name: string) => ["tag", image, name],
  build: ({ buildArguments, context, labels: given, passedOn, reference }: ImageBuild) => [
    "build",
    "--force-rm",
    "--tag",
    reference,
    ...labels(given),
    ...Object.entries(buildArguments).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
    ...passedOn.flatMap((name) => ["--build-arg", name]),
    context,
  ],
  /** Without force: an image that some container still needs stays. */
  removeImage: (image: string) => ["image", "rm", image],
  createVolume: (name: string, given: Readonly<Record<string, string>>) => [
    "volume",
    "create",
    ...labels(given),
    name,
  ],
  removeVolumes: (names: readonly string[]) => ["volume", "rm", ...names],
};
