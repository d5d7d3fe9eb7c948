/**
 * Everything that is wrong with one set of settings, told at once: each line names the setting and
 * the fix.
 */
export class SettingProblems extends Error {
  override readonly name = "SettingProblems";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? "1 setting needs" : `${problems.length} settings need`;
    super(`${count} attention:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}
