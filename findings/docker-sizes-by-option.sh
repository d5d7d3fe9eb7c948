#!/usr/bin/env bash
# github.com/docker/go-units 0.5.0, with which Docker reads sizes. Needs Go.
#
# Behaviour: the letters behind a size do not say which unit is meant. One function takes every size for
# decimal, GiB included; the other one takes every size for binary, GB included.
# An expert expects: GiB is 1,073,741,824 bytes wherever it is allowed, GB is 1,000,000,000 or, as often, the
# same; two spellings for the two exist to tell them apart.
# Seen: `1GiB` is 1,000,000,000 bytes for FromHumanSize, which reads a log's max-size, and `1GB` is
# 1,073,741,824 bytes for RAMInBytes, which reads --memory, --shm-size and a log's max-buffer-size.
# Why it matters: two options of one container that are both "10MiB" differ by half a megabyte, and disk space
# or alarms that are planned by such a figure are off by 5 % at mega, 7 % at giga and 10 % at tera.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >main.go <<'PROGRAM'
package main

import (
	"fmt"

	"github.com/docker/go-units"
)

func main() {
	for _, size := range []string{"1GB", "1GiB", "10MiB", "1TiB"} {
		decimal, err := units.FromHumanSize(size)
		if err != nil {
			panic(err)
		}
		binary, err := units.RAMInBytes(size)
		if err != nil {
			panic(err)
		}
		fmt.Println(size+":", decimal, "or", binary)
	}
}
PROGRAM
go_packages github.com/docker/go-units@v0.5.0
as_described "$(GOFLAGS=-mod=mod go run .)" <<'EOF'
1GB: 1000000000 or 1073741824
1GiB: 1000000000 or 1073741824
10MiB: 10000000 or 10485760
1TiB: 1000000000000 or 1099511627776
EOF
