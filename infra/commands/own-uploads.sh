#!/bin/sh
# Gives the volume of uploads to the application's user. The image's own files in that folder come first: Docker copies them into
# a volume that is still empty, and their owner with them. So the volume is left with a file in it: Docker would otherwise take the
# owner of the image's folder again, each time that a container begins with an empty volume.
# Environment: IMAGE (the application's), TOOLS (image with a shell), VOLUME, FOLDER (in the image), OWNER (numeric), and what docker reads
set -eu

docker rm "$(docker create --network none --volume "$VOLUME:$FOLDER" "$IMAGE" true)" >/dev/null
# shellcheck disable=SC2016 # Expanded in there.
docker run --rm --network none --user 0:0 --read-only --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE \
  --security-opt no-new-privileges --volume "$VOLUME:/uploads" --entrypoint sh "$TOOLS" \
  -c '[ -n "$(ls -A /uploads)" ] || : >/uploads/.keep; chown -R "$1:$1" /uploads' sh "$OWNER"
