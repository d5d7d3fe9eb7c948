#!/usr/bin/env bash
# One .env file read by Node 24.21.0 (util.parseEnv, the parser of --env-file), by dotenv 18.0.10 and by
# github.com/compose-spec/compose-go/v2 v2.16.2, the loader of docker compose. Needs Go as well.
#
# Behaviour: without quotes, Node and dotenv end a value at a #, also in the middle of a word; compose does
# so only after a space, as a shell does. Compose expands $NAME and makes one $ of $$, also under env_file;
# Node and dotenv leave $ alone. In double quotes compose reads \t as a tab, the others do not.
# An expert expects: differences in quoting perhaps; but that a plain NAME=value is one value for all, and
# that a comment needs a space in front of it.
# Seen: of nine values six differ, and nobody warns. The password k4#Tr9 is k4 for Node, pa$$word is
# pa$word for compose.
# Why it matters: the file that works under compose is the one that `node --env-file` gets on a
# developer's machine, and generated passwords hold # and $. Only single quotes are read alike by all.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages dotenv@18.0.10
go_packages github.com/compose-spec/compose-go/v2/cli@v2.16.2

cat >app.env <<'EOF'
PASSWORD=k4#Tr9
QUOTED="k4#Tr9"
URL=postgres://app@db/shop?options=a#b
JSON={"color":"#fff"}
COMMENT=plain # a comment
DOLLARS=pa$$word
OTHER=$PASSWORD!
SINGLE='pa$$word'
FOLDER="C:\temp"
EOF
cat >compose.yaml <<'EOF'
name: try
services: { app: { image: app, env_file: app.env } }
EOF

cat >main.go <<'EOF'
package main

import (
	"context"
	"encoding/json"
	"fmt"

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
	text, err := json.Marshal(project.Services["app"].Environment)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}
EOF

cat >try.mjs <<'EOF'
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import dotenv from "dotenv";

const file = readFileSync("app.env", "utf8");
const compose = JSON.parse(readFileSync(0, "utf8"));
const readers = { node: parseEnv(file), dotenv: dotenv.parse(file), compose };
for (const name of file.match(/^[A-Z]+/gm)) {
  const values = Object.entries(readers).map(([reader, values]) => `${reader} ${JSON.stringify(values[name])}`);
  console.log(`${name}: ${values.join(", ")}`);
}
EOF

as_described "$(go run . 2>/dev/null | node try.mjs)" <<'EOF'
PASSWORD: node "k4", dotenv "k4", compose "k4#Tr9"
QUOTED: node "k4#Tr9", dotenv "k4#Tr9", compose "k4#Tr9"
URL: node "postgres://app@db/shop?options=a", dotenv "postgres://app@db/shop?options=a", compose "postgres://app@db/shop?options=a#b"
JSON: node "{\"color\":\"", dotenv "{\"color\":\"", compose "{\"color\":\"#fff\"}"
COMMENT: node "plain", dotenv "plain", compose "plain"
DOLLARS: node "pa$$word", dotenv "pa$$word", compose "pa$word"
OTHER: node "$PASSWORD!", dotenv "$PASSWORD!", compose "k4#Tr9!"
SINGLE: node "pa$$word", dotenv "pa$$word", compose "pa$$word"
FOLDER: node "C:\\temp", dotenv "C:\\temp", compose "C:\temp"
EOF
