#!/usr/bin/env bash
# github.com/pulumi/pulumi/sdk/v3 v3.259.0: its workspace package, with which the CLI reads and writes
# Pulumi.STACK.yaml. Needs Go.
#
# Behaviour: a value without quotes in the stack's file becomes what YAML makes of it, and then text in
# Go's own way of printing, which is what the program gets. Saving the file, as `pulumi config set` does
# for any other key, writes what was made of it back.
# An expert expects: configuration is text, as `pulumi config set release 1.10` stores it, so the file says
# 1.10 and the program reads 1.10; and that setting one key leaves the others' lines alone.
# Seen: 1.10 is 1.1, 0644 is 420, a phone number loses its +, a day gets a time and "UTC". After another
# key is set, the file itself says so.
# Why it matters: image tags, API versions that are days and file modes are edited by hand in this file.
# The wrong one is deployed, and the diff of the next `config set` hides it among other lines.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

go_packages github.com/pulumi/pulumi/sdk/v3/go/common/workspace@v3.259.0

printf 'name: try\nruntime: nodejs\n' >Pulumi.yaml
cat >Pulumi.dev.yaml <<'EOF'
config:
  try:apiVersion: 2026-01-01
  try:fileMode: 0644
  try:limit: 1_000
  try:phone: +4912345
  try:quoted: "1.10"
  try:release: 1.10
  try:releases: [1.9, 1.10]
  try:switch: yes
EOF

cat >main.go <<'EOF'
package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	sink := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	project := must(workspace.LoadProject("Pulumi.yaml"))
	stack := must(workspace.LoadProjectStack(sink, project, "Pulumi.dev.yaml"))
	var lines []string
	for key, value := range must(stack.Config.Decrypt(config.NopDecrypter)) {
		lines = append(lines, fmt.Sprintf("read %s: %s", key.Name(), value))
	}
	slices.Sort(lines)
	for _, line := range lines {
		fmt.Println(line)
	}
	other := config.MustMakeKey("try", "zone")
	if err := stack.Config.Set(other, config.NewValue("eu"), false); err != nil {
		panic(err)
	}
	if err := stack.Save("Pulumi.dev.yaml"); err != nil {
		panic(err)
	}
	fmt.Print("saved ", string(must(os.ReadFile("Pulumi.dev.yaml"))))
}
EOF

as_described "$(go run .)" <<'EOF'
read apiVersion: 2026-01-01 00:00:00 +0000 UTC
read fileMode: 420
read limit: 1000
read phone: 4912345
read quoted: 1.10
read release: 1.1
read releases: [1.9,1.1]
read switch: yes
saved config:
  try:apiVersion: 2026-01-01 00:00:00 +0000 UTC
  try:fileMode: "420"
  try:limit: "1000"
  try:phone: "4912345"
  try:quoted: "1.10"
  try:release: "1.1"
  try:releases: [1.9, 1.1]
  try:switch: yes
  try:zone: eu
EOF
