#!/usr/bin/env bash
# @balena/dockerignore 1.0.2 beside github.com/moby/patternmatcher v0.6.1, which Docker and BuildKit
# use. Needs Go as well.
#
# Behaviour: the npm package makes a regular expression of each line and leaves + ( ) | ^ { } alive in
# it. It also takes Makefile and makefile for the same file, unless told `ignorecase: false`.
# An expert expects: as it is a port of Docker's own matcher, "*", "?" and "[" are special and all else
# is literal.
# Seen: Docker leaves out src/(auth) and a+b, the package sends both; it leaves out v1 for "v1|v2",
# which Docker sends; "c++" is accepted, and each question after it is a SyntaxError.
# Why it matters: what hashes or packs a build's context with it does not see what Docker sees: a
# secret is sent, or a change does not count. Route groups, src/(auth), are ordinary folder names now.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages @balena/dockerignore@1.0.2
go_packages github.com/moby/patternmatcher@v0.6.1

cat >pairs.txt <<'EOF'
src/(auth) src/(auth)/page.tsx
a+b a+b/file
v1|v2 v1/file
x{1} x{1}/file
c++ c++/file
Makefile makefile
*.log a.log
EOF

cat >main.go <<'EOF'
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/moby/patternmatcher"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		pattern, file, _ := strings.Cut(lines.Text(), " ")
		matcher, err := patternmatcher.New([]string{pattern})
		if err != nil {
			panic(err)
		}
		matches, err := matcher.MatchesOrParentMatches(file)
		if err != nil {
			panic(err)
		}
		fmt.Printf("Docker, %s: %s ignored %t\n", pattern, file, matches)
	}
}
EOF

cat >try.mjs <<'EOF'
import { readFileSync } from "node:fs";
import dockerignore from "@balena/dockerignore";

for (const line of readFileSync("pairs.txt", "utf8").trim().split("\n")) {
  const [pattern, file] = line.split(" ");
  const matcher = dockerignore().add(pattern);
  let matches;
  try {
    matches = matcher.ignores(file);
  } catch (error) {
    matches = error.name;
  }
  console.log(`npm, ${pattern}: ${file} ignored ${matches}`);
}
EOF

as_described "$(go run . <pairs.txt && node try.mjs)" <<'EOF'
Docker, src/(auth): src/(auth)/page.tsx ignored true
Docker, a+b: a+b/file ignored true
Docker, v1|v2: v1/file ignored false
Docker, x{1}: x{1}/file ignored true
Docker, c++: c++/file ignored true
Docker, Makefile: makefile ignored false
Docker, *.log: a.log ignored true
npm, src/(auth): src/(auth)/page.tsx ignored false
npm, a+b: a+b/file ignored false
npm, v1|v2: v1/file ignored true
npm, x{1}: x{1}/file ignored false
npm, c++: c++/file ignored SyntaxError
npm, Makefile: makefile ignored true
npm, *.log: a.log ignored true
EOF
