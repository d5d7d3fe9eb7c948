/** What a preview shows, and how it ends. */
export interface PreviewArguments {
  readonly stack: string;
  readonly diff?: boolean;
  readonly refresh?: boolean;
  readonly expectNoChanges?: boolean;
}

/** Arguments of `pulumi preview`. */
export function previewArgs(options: PreviewArguments): string[] {
  return [
    "preview",
    "--stack",
    options.stack,
    ...(options.diff === true ? ["--diff"] : []),
    ...(options.refresh === true ? ["--refresh"] : []),
    ...(options.expectNoChanges === true ? ["--expect-no-changes"] : []),
    "--suppress-outputs",
    "--suppress-permalink=true",
  ];
}
