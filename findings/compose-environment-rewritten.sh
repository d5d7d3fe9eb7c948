#!/usr/bin/env bash
# github.com/compose-spec/compose-go/v2 v2.16.2, the loader of docker compose, beside npm's yaml 2.9.1.
# Needs Go as well.
#
# Behaviour: a value without quotes under `environment` or `labels` becomes what YAML makes of it, and
# then text again, in Go's own way of printing. A day becomes a Go time, an octal number a decimal one,
# digits lose their underscores and trailing zeros. A value that YAML 1.1 calls a boolean stays text, as
# does one that is too large to count. In the list form (NAME=VALUE) nothing is touched.
# An expert expects: that text comes through as written, since variables are text; or rewriting as the
# npm parser of the same file has it, which leaves days and underscores alone.
# Seen: 2026-01-01 arrives in the container as "2026-01-01 00:00:00 +0000 UTC".
# Why it matters: an API version that is a day, a phone number or an image tag like 1.10 is another one
# in the container, and a tool of one's own that reads the same file disagrees with compose.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages yaml@2.9.1
go_packages github.com/compose-spec/compose-go/v2/cli@v2.16.2

cat >compose.yaml <<'EOF'
name: try
services:
  mapping:
    image: app
    environment:
      API_VERSION: 2026-01-01
      MOMENT: 2026-01-01T12:00:00+02:00
      RELEASE: 1.10
      MODE: 0644
      LIMIT: 1_000
      RATE: 1e3
      COUNT: 12345678901234567890
      SWITCH: yes
  list:
    image: app
    environment: [API_VERSION=2026-01-01, RELEASE=1.10, MODE=0644]
EOF

cat >main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions([]string{"compose.yaml"})
	if err != nil {
		panic(err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		panic(err)
	}
	for _, service := range []string{"mapping", "list"} {
		environment := project.Services[service].Environment
		var names []string
		for name := range environment {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Printf("compose, %s: %s=%s\n", service, name, *environment[name])
		}
	}
}
EOF

cat >try.mjs <<'EOF'
import { readFileSync } from "node:fs";
import { parse } from "yaml";

const { services } = parse(readFileSync("compose.yaml", "utf8"), { intAsBigInt: true });
for (const [name, value] of Object.entries(services.mapping.environment).sort()) {
  console.log(`npm, mapping: ${name}=${value}`);
}
EOF

as_described "$(go run . 2>/dev/null && node try.mjs)" <<'EOF'
compose, mapping: API_VERSION=2026-01-01 00:00:00 +0000 UTC
compose, mapping: COUNT=12345678901234567890
compose, mapping: LIMIT=1000
compose, mapping: MODE=420
compose, mapping: MOMENT=2026-01-01 12:00:00 +0200 +0200
compose, mapping: RATE=1000
compose, mapping: RELEASE=1.1
compose, mapping: SWITCH=yes
compose, list: API_VERSION=2026-01-01
compose, list: MODE=0644
compose, list: RELEASE=1.10
npm, mapping: API_VERSION=2026-01-01
npm, mapping: COUNT=12345678901234567890
npm, mapping: LIMIT=1_000
npm, mapping: MODE=644
npm, mapping: MOMENT=2026-01-01T12:00:00+02:00
npm, mapping: RATE=1000
npm, mapping: RELEASE=1.1
npm, mapping: SWITCH=yes
EOF
