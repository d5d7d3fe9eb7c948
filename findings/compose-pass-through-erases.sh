#!/usr/bin/env bash
# github.com/compose-spec/compose-go/v2 v2.16.2, the loader of docker compose. Needs Go as well.
#
# Behaviour: a name without a value under `environment` ("pass it on from my shell") wins over env_file
# also if the shell has no such variable: the entry is null, which leaves the variable out. It is read
# from .env, too, which is for the compose file and is not otherwise handed to a container.
# An expert expects: what the shell has, and if it has nothing, the value of env_file, as with a default;
# and that .env stays out of containers unless it is named.
# Seen: LOG_LEVEL is in env_file alone and null in the service; TOKEN comes from .env over env_file; with
# the variable in the shell all is as expected.
# Why it matters: on a developer's machine, where the shell has it, the line works. On a server or in CI it
# takes the value away that the line's author believes to be the fallback.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

go_packages github.com/compose-spec/compose-go/v2/cli@v2.16.2

cat >app.env <<'EOF'
LOG_LEVEL=warn
TOKEN=of-env-file
OTHER=of-env-file
EOF
echo TOKEN=of-dot-env >.env
cat >compose.yaml <<'EOF'
name: try
services:
  app:
    image: app
    env_file: app.env
    environment: [LOG_LEVEL, TOKEN]
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
	options, err := cli.NewProjectOptions([]string{"compose.yaml"}, cli.WithOsEnv, cli.WithEnvFiles(), cli.WithDotEnv)
	if err != nil {
		panic(err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		panic(err)
	}
	environment := project.Services["app"].Environment
	var names []string
	for name := range environment {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := "null"
		if environment[name] != nil {
			value = *environment[name]
		}
		fmt.Printf("%s: %s\n", name, value)
	}
}
EOF

go build -o try .
unset LOG_LEVEL TOKEN
as_described "$(echo "shell without it:" && ./try && echo "shell with it:" && LOG_LEVEL=debug ./try)" <<'EOF'
shell without it:
LOG_LEVEL: null
OTHER: of-env-file
TOKEN: of-dot-env
shell with it:
LOG_LEVEL: debug
OTHER: of-env-file
TOKEN: of-dot-env
EOF
