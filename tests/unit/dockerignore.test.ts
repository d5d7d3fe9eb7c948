import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readDockerIgnore } from "../../infra/facts/dockerignore.ts";

/**
 * As github.com/moby/patternmatcher 0.6.1 answers: a .dockerignore, what it leaves out, what it
 * lets through.
 */
const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["src/(auth)", ["src/(auth)/page.tsx"], ["src/auth/page.tsx"]],
  ["a+b", ["a+b/file"], ["aab/file"]],
  ["v1|v2", ["v1|v2"], ["v1", "v2"]],
  ["x{1}", ["x{1}/file"], ["x/file"]],
  ["c++/*", ["c++/file"], ["c/file"]],
  ["$a*", ["$ab"], ["ab"]],
  ["Makefile", ["Makefile", "Makefile/x"], ["makefile", "a/Makefile"]],
  ["*.log", ["a.log"], ["a/b.log", "alog"]],
  ["**/*.log", ["a.log", "a/b/c.log"], ["a/log"]],
  ["**", ["a", "a/b"], []],
  ["**/temp", ["temp", "a/temp", "a/temp/b"], ["atemp"]],
  ["**temp", ["temp", "atemp"], ["tempa"]],
  ["a/**", ["a/b", "a/b/c"], ["ab", "b/a"]],
  ["a/**/b", ["a/b", "a/x/y/b"], ["ab"]],
  ["te?t", ["test"], ["te/t", "tet"]],
  ["[ab].txt", ["a.txt", "b.txt"], ["c.txt"]],
  ["[^ab].txt", ["c.txt"], ["a.txt"]],
  ["a\\*b", ["a*b"], ["axb"]],
  ["/a/./b/../c/", ["a/c", "a/c/d"], ["c"]],
  [" a \n#b\n\n# c", ["a"], ["#b", "b"]],
  ["\uFEFFa\r\nb", ["a", "b"], ["c"]],
  ["*\n!src\nsrc/**/*.test.ts", ["README.md", "src/a/b.test.ts", "src/b.test.ts"], ["src/a/b.ts", "src"]],
  ["!a\na", ["a"], ["b"]],
];

describe("a .dockerignore", () => {
  for (const [text, out, sent] of table) {
    test(JSON.stringify(text), () => {
      const ignore = readDockerIgnore(text);
      for (const path of out) assert.equal(ignore.ignores(path), true, path);
      for (const path of sent) assert.equal(ignore.ignores(path), false, path);
    });
  }

  for (const text of ["!", "a[", "a\\", "[]a]"]) {
    test(`that Docker refuses is refused by its pattern: ${text}`, () => {
      assert.throws(() => readDockerIgnore(`ok\n${text}`), /\.dockerignore: Docker refuses the pattern/);
    });
  }
});
