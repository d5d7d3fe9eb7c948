#!/bin/sh
# Copies static files out of an image, in which nothing runs, and hands them as one archive to a container that publishes them.
# Usage: publish-assets.sh FOLDER AT …   folders of the image, each followed by the path that its files are asked for below
# Environment: IMAGE (the application's), PUBLISH (command that takes the archive on standard input), and what docker reads
# A folder that the image lacks has no files: an image of an earlier release may be from before there was such a folder.
set -eu

container=$(docker create --network none "$IMAGE" true)
files=$(mktemp -d)
trap 'rm -rf "$files"; docker rm --force "$container" >/dev/null' EXIT
while [ $# -gt 1 ]; do
  mkdir -p "$files$2"
  docker cp "$container:$1/." "$files$2" >/dev/null 2>&1 || true
  shift 2
done
tar -c -C "$files" . | sh -c "$PUBLISH"
