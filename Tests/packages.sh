#!/usr/bin/env bash
# Tries the packages: installed, upgraded and removed in a Debian of its own, trained from there, run as images, and by the page for the
# administrator of a site (docs/guide/site.md), between two network namespaces.
#
#   ./run_tests.sh --packages [--base DIR] [--packages DIR] [--site]
#
# As root, with debootstrap, buildah and a Debian mirror; ten minutes. --base is a root that debootstrap has made, --packages a
# folder where this script has made packages before: either saves minutes. --site plays the page only, without buildah.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

base=
packages=
site=
while [ $# -gt 0 ]; do
    case $1 in
        --base) base=$(realpath "$2") ;;
        --packages) packages=$(realpath -m "$2") ;;
        --site)
            site=yes
            shift
            continue
            ;;
        *) echo "there is no option $1; --base DIR, --packages DIR and --site" >&2; exit 2 ;;
    esac
    shift 2
done

[ "$(id -u)" = 0 ] || { echo "run it as root: it makes a Debian of its own and changes root to it" >&2; exit 2; }
for tool in debootstrap dpkg-deb unshare nsenter ip python3 $([ -n "$site" ] || echo buildah); do
    command -v "$tool" >/dev/null || { echo "$tool is missing; install it: apt-get install $tool" >&2; exit 2; }
done

work=$(mktemp -d)
pids=()
stop() {
    if [ ${#pids[@]} -gt 0 ]; then kill "${pids[@]}" 2>/dev/null || true; wait "${pids[@]}" 2>/dev/null || true; fi
    pids=()
}
trap 'remove_machines; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

passed=0
failed=0
say() { printf '== %s\n' "$*"; }
# check WHAT COMMAND…: counts, and shows what a failing command printed.
check() {
    local what=$1
    shift
    if "$@" >"$work/check.log" 2>&1; then
        passed=$((passed + 1))
        printf 'ok    %s\n' "$what"
    else
        failed=$((failed + 1))
        printf 'FAIL  %s\n' "$what"
        sed 's/^/      /' "$work/check.log" | tail -n 15
    fi
}
is() { [ "$1" = "$2" ] || { printf "'%s' instead of '%s'\n" "$1" "$2"; return 1; }; }

. Tests/packages/root.sh
. Tests/packages/images.sh
. Tests/packages/site.sh

if [ -z "$base" ]; then
    say "a Debian"
    base=$work/base
    debootstrap --variant=minbase bookworm "$base" >"$work/debootstrap.log" || { tail "$work/debootstrap.log" >&2; exit 2; }
fi
[ -n "$packages" ] || packages=$work/packages
if [ -n "$site" ]; then
    [ -d "$packages/first" ] || ./package.sh deb --output "$packages/first"
    try_site
else
    make_base_image
    say "packages of two versions"
    if [ ! -d "$packages/second" ]; then
        ./package.sh all --output "$packages/first"
        ./package.sh deb --snapshot --output "$packages/second"
    fi
    try_packages
    try_root
    try_images
    try_site
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
