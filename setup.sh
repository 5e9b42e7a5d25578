#!/usr/bin/env bash
# Makes this checkout ready to build and run: checks for the .NET SDK and installs what is missing beside it.
# Called by run_local.sh and run_tests.sh; safe to run again.
#
#   ./setup.sh --browser           Chromium too, for the tests of the live page
#   ./setup.sh --proxy             tinyproxy too, for the tests of connections through a proxy
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 2; }

require_dotnet() {
    command -v dotnet >/dev/null || die "the .NET 10 SDK is missing; install it from https://dot.net/download and put 'dotnet' on the PATH"
    local version
    version=$(dotnet --version 2>/dev/null) || die "global.json asks for a .NET 10 SDK and 'dotnet' has none; install it from https://dot.net/download"
    [ "${version%%.*}" -ge 10 ] || die "the .NET SDK is $version; version 10 is needed (https://dot.net/download)"
}

# Prints the Debian packages that are not installed, of those named.
missing_packages() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
    done
}

# Installs Debian packages where it may, or says how.
install_packages() {
    local missing as=()
    command -v dpkg-query >/dev/null || { say "this is no Debian; make sure that these are there: $*"; return 0; }
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
            as=(sudo -n)
        elif command -v sudo >/dev/null && [ -t 0 ]; then
            as=(sudo)
        else
            die "missing packages, and no right to install them; run: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing% }"
        fi
    fi
    say "installing ${missing% }"
    local log
    log=$(mktemp)
    # shellcheck disable=SC2086 # one word each
    if ! { "${as[@]}" apt-get update && "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -5 "$log" >&2
        rm -f "$log"
        die "could not install them; run: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing% }"
    fi
    rm -f "$log"
}

# Chromium for the tests of the live page, where it can be had: they are skipped without it.
install_browser() {
    local browser
    for browser in chromium chromium-browser google-chrome; do
        if command -v "$browser" >/dev/null; then return 0; fi
    done
    (install_packages chromium) || say "without Chromium the tests of the live page are skipped"
}

# tinyproxy without its service, where it can be had: the tests that need it are skipped without it.
install_proxy() {
    if command -v tinyproxy >/dev/null; then return 0; fi
    (install_packages tinyproxy-bin) || say "without tinyproxy the tests of a real proxy are skipped"
}

for option in "$@"; do
    case $option in
        --browser|--proxy) ;;
        *) die "there is no option $option; --browser installs Chromium too, --proxy tinyproxy" ;;
    esac
done
require_dotnet
install_packages dataset-fashion-mnist
for option in "$@"; do "install_${option#--}"; done
