#!/usr/bin/env bash
# github.com/distribution/reference 0.6.0, with which Docker, containerd and their clients read names of images.
# Needs Go.
#
# Behaviour: a first part with a capital letter is the host of a registry, also without a dot or a port. Any
# other part with a capital is an error, and so is a capital in a name of one part.
# An expert expects: "repository name must be lowercase" for each of them. A first part is a host if it has a
# dot or a port, or is localhost, says every description of these names.
# Seen: acme/App and Redis are refused. Acme/app is the image app of a registry called Acme.
# Why it matters: a script that names images after an account (GitHub allows capitals in those) asks the host
# Acme for them instead of Docker Hub, with this machine's search domain behind it, and what it says is "no
# such host". Where that name does lead somewhere, images are pushed to it and run from it.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >main.go <<'PROGRAM'
package main

import (
	"fmt"

	"github.com/distribution/reference"
)

func main() {
	for _, name := range []string{"acme/app:1", "acme/App:1", "Redis:8", "Acme/app:1"} {
		image, err := reference.ParseNormalizedNamed(name)
		if err != nil {
			fmt.Println(name+":", err)
			continue
		}
		fmt.Println(name+":", reference.Path(image), "of", reference.Domain(image))
	}
}
PROGRAM
go_packages github.com/distribution/reference@v0.6.0
as_described "$(GOFLAGS=-mod=mod go run .)" <<'EOF'
acme/app:1: acme/app of docker.io
acme/App:1: invalid reference format: repository name (acme/App) must be lowercase
Redis:8: invalid reference format: repository name (library/Redis) must be lowercase
Acme/app:1: app of Acme
EOF
