/**
 * Where the application's image has its static files, as the proxy is to serve them: plain, `.gz`
 * and `.br`.
 */
export const builtAssets = "/app/static";

/**
 * Copies a release's static files from its image into the volume at `/assets`, and makes `served`
 * what the newest releases have together: pages of a release that is going still find their files,
 * and nothing says 404 in between.
 *
 * One folder rather than a list of them, so that Nginx looks in one place and its configuration
 * does not change with releases. Files are linked, not copied; if two releases have different files
 * of one name, the newer one's is served.
 *
 * An image from before there was such a folder has no files, and answers for them itself.
 *
 * @param release names the folder; the same files again under the same name are only marked as the
 * newest
 * @param keep releases whose files stay, this one included
 */
export function publishAssetsScript(release: string, keep: number): string {
  return `set -eu
umask 022
mkdir -p /assets/releases && cd /assets/releases
if [ ! -d ${release} ]; then
  rm -rf ${release}.partial
  if [ -d ${builtAssets} ]; then cp -R ${builtAssets} ${release}.partial; else mkdir ${release}.partial; fi
  mv -T ${release}.partial ${release}
fi
touch ${release}
ls -1t | tail -n +${keep + 1} | while read -r old; do rm -rf "$old"; done
cd /assets
together=$(mktemp -d together-XXXXXX) && chmod 0755 "$together"
for each in $(ls -1tr releases); do cp -Rlf "releases/$each/." "$together"; done
ln -sfn "$together" served.next && mv -T served.next served
for old in together-*; do if [ "$old" != "$together" ]; then rm -rf "$old"; fi; done`;
}
