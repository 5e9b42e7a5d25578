#!/usr/bin/env bash
# Makes a Debian package: deb.sh node|orchestrator FOLDER VERSION OUTPUT, where FOLDER has the published program.
# What is in packaging/<program>/ decides the rest: control, maintainer scripts, units, and what goes into /etc/traversal-learning.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

program=$1 folder=$2 version=$3 output=$4
package=traversal-learning-$program
executable=$(basename "$folder"/*.runtimeconfig.json .runtimeconfig.json)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

install -d "$root/usr/lib/traversal-learning" "$root/usr/bin" "$root/usr/share/doc/$package" "$root/DEBIAN"
cp -a "$folder" "$root/usr/lib/traversal-learning/$program"
ln -s "../lib/traversal-learning/$program/$executable" "$root/usr/bin/traversal-$program"
mv "$root/usr/lib/traversal-learning/$program"/{docs,licenses} "$root/usr/share/doc/$package/"
install -m 644 copyright "$root/usr/share/doc/$package/"
printf '%s (%s) stable; urgency=medium\n\n  * The history is that of the repository.\n\n -- Traversal Learning <root@localhost>  %s\n' \
    "$package" "$version" "$(date -uR -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$root/usr/share/doc/$package/changelog.gz"
if [ -d "$program/etc" ]; then
    install -d "$root/etc/traversal-learning"
    install -m 644 "$program"/etc/* "$root/etc/traversal-learning/"
    (cd "$root" && find etc -type f -printf '/%p\n' | sort) >"$root/DEBIAN/conffiles"
fi
if compgen -G "$program/*.service" >/dev/null; then
    install -d "$root/usr/lib/systemd/system"
    install -m 644 "$program"/*.service "$root/usr/lib/systemd/system/"
fi
for script in postinst prerm postrm; do
    if [ -f "$program/$script" ]; then install -m 755 "$program/$script" "$root/DEBIAN/"; fi
done
install -d "$root/usr/share/lintian/overrides"
sed "s/@PACKAGE@/$package/" lintian-overrides >"$root/usr/share/lintian/overrides/$package"

sed -e "s/@VERSION@/$version/" -e "s/@SIZE@/$(du -k -s --apparent-size --exclude DEBIAN "$root" | cut -f 1)/" "$program/control" >"$root/DEBIAN/control"
(cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
find "$root" -type d -exec chmod 755 {} +
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --threads-max=2 -Zzstd -z9 --build "$root" "$output/${package}_${version}_amd64.deb" >/dev/null
