#!/usr/bin/env bash
# Docker Engine 28.5.2, 29.0 and 29.8.1, from Go modules: github.com/docker/docker 28.5.2,
# github.com/moby/moby/v2 2.0.0-beta.1 and 2.0.0-beta.24. Needs Go 1.26.3 or newer.
#
# Behaviour: the oldest API version that an engine takes is 1.24 up to 28, 1.44 in 29.0, and 1.40 in
# later releases of the same major version.
# An expert expects: a floor that only rises, the more so within a major version; "29 needs a client of 25
# or newer" as the release notes of 29.0 say.
# Seen: 29.0 refuses Debian 12's docker 20.10 (API 1.41) with "client version 1.41 is too old", and 29.8
# takes it again, as it takes the API of Docker 19.03.
# Why it matters: a check of "engine 29 or newer" for what clients can do refuses engines that work, and one
# that has only seen a late 29 lets those through that do not. What counts is the floor that the engine names:
# docker version --format '{{.Server.MinAPIVersion}}'.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Prints the floor that an engine has without settings of its own: what its configuration begins with.
floor_of() {
  local name=$1 package=$2 version=$3
  shift 3
  mkdir "$name"
  cd "$name"
  cat >main.go <<EOF
package main

import (
	"fmt"

	"$package/daemon/config"
)

func main() {
	settings, err := config.New()
	if err != nil {
		panic(err)
	}
	fmt.Println("$name:", settings.MinAPIVersion)
}
EOF
  go_packages "$package/daemon/config@$version" "$@"
  CGO_ENABLED=0 GOFLAGS=-mod=mod go run . 2>run.log || { cat run.log >&2; exit 2; }
  cd ..
}

as_described "$(
  floor_of 28.5.2 github.com/docker/docker v28.5.2+incompatible
  floor_of 29.0 github.com/moby/moby/v2 v2.0.0-beta.1
  floor_of 29.8.1 github.com/moby/moby/v2 v2.0.0-beta.24
)" <<'EOF'
28.5.2: 1.24
29.0: 1.44
29.8.1: 1.40
EOF
