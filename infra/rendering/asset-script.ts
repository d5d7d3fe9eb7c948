/**
 * Takes a release's static files, a tar archive on standard input, into the volume at `/assets`,
 * and makes `served` what the newest releases have together: pages of a release that is going still
 * find their files, and nothing says 404 in between. Files that have no compressed form beside them
 * get one.
 *
 * One folder rather than a list of them, so that Nginx looks in one place and its configuration
 * does not change with releases. Files are linked, not copied; if two releases have different files
 * of one name, the newer one's is served.
 *
 * @param release names the folder; the same files again under the same name are only marked as the
 * newest
 * @param keep releases whose files stay, this one included
 */
export function publishAssetsScript(release: string, keep: number): string {
  return `set -eu
umask 022
mkdir -p /assets/releases && cd /assets/releases
rm -rf ${release}.partial && mkdir ${release}.partial
tar -x --no-same-owner --no-same-permissions -C ${release}.partial
if [ -d ${release} ]; then rm -rf ${release}.partial; else
chmod -R u=rwX,go=rX ${release}.partial
find ${release}.partial -type f -size +1k ! -name '*.gz' ! -name '*.br' \\( -name '*.js' -o -name '*.mjs' -o -name '*.css' -o -name '*.svg' -o -name '*.json' -o -name '*.html' -o -name '*.txt' \\) -exec sh -c '[ -e "$1.gz" ] || gzip -9 -k "$1"' sh {} \\;
mv -T ${release}.partial ${release}; fi
touch ${release}
ls -1t | tail -n +${keep + 1} | while read -r old; do rm -rf "$old"; done
cd /assets
together=$(mktemp -d together-XXXXXX) && chmod 0755 "$together"
for each in $(ls -1tr releases); do cp -Rlf "releases/$each/." "$together"; done
ln -sfn "$together" served.next && mv -T served.next served
for old in together-*; do if [ "$old" != "$together" ]; then rm -rf "$old"; fi; done`;
}
