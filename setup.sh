#!/usr/bin/env bash
# Makes this checkout ready to build: picks the dependency flavour once, installs what is missing, builds the native part.
# Called by run_local.sh and run_tests.sh; safe to run again.
#
#   TL_DEPENDENCIES=nuget|system   pick the flavour instead of probing for the packages
#   TL_ACCELERATOR=cpu|cuda        which libtorch package (nuget flavour)
#   TL_LIBTORCH=DIR                system flavour: use this libtorch instead of Debian's
#
#   ./setup.sh --browser           Chromium too, for the tests of the live page
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

# Can the three packages be had? Asked of a project of its own, so that nothing here is touched.
packages_are_there() {
    local probe
    probe=$(mktemp -d)
    cat >"$probe/probe.csproj" <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="TorchSharp" Version="[0.105.2]" />
    <PackageReference Include="MessagePack" Version="[3.1.4]" />
    <PackageReference Include="K4os.Compression.LZ4" Version="[1.3.8]" />
  </ItemGroup>
</Project>
PROJECT
    local found=0
    timeout 180 dotnet restore "$probe/probe.csproj" >/dev/null 2>&1 && found=1
    rm -rf "$probe"
    [ "$found" = 1 ]
}

# What Dependencies.props says of a property; nothing where it says nothing.
chosen() { sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" Dependencies.props 2>/dev/null || true; }

choose_flavour() {
    local flavour=${TL_DEPENDENCIES:-$(chosen Dependencies)}
    if [ -z "$flavour" ]; then
        say "looking for the packages TorchSharp, MessagePack and K4os.Compression.LZ4"
        if packages_are_there; then flavour=nuget; else flavour=system; fi
    fi
    case $flavour in
        nuget|system) ;;
        *) die "TL_DEPENDENCIES takes nuget or system, not '$flavour'" ;;
    esac
    local accelerator=${TL_ACCELERATOR:-$(chosen Accelerator)}
    accelerator=${accelerator:-cpu}
    case $accelerator in
        cpu|cuda) ;;
        *) die "TL_ACCELERATOR takes cpu or cuda, not '$accelerator'" ;;
    esac
    local props="<Project><PropertyGroup><Dependencies>$flavour</Dependencies><Accelerator>$accelerator</Accelerator></PropertyGroup></Project>"
    if [ "$(cat Dependencies.props 2>/dev/null)" != "$props" ]; then
        printf '%s\n' "$props" >Dependencies.props
        say "dependency flavour: $flavour (kept in Dependencies.props; delete that file to choose again)"
    fi
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

build_native() {
    local build=Compat/native/build log
    if [ -f "$build/CMakeCache.txt" ] && ! grep -qx "TL_SOURCE_LIBTORCH=${TL_LIBTORCH:-}" "$build/choice" 2>/dev/null; then
        rm -rf "$build"
    fi
    mkdir -p "$build"
    log=$build/build.log
    [ -f "$build/libtl_torch.so" ] || say "building the native part"
    if ! { cmake -S Compat/native -B "$build" -DCMAKE_BUILD_TYPE=Release ${TL_LIBTORCH:+-DTL_LIBTORCH="$TL_LIBTORCH"} && cmake --build "$build"; } >"$log" 2>&1; then
        tail -20 "$log" >&2
        die "the native part does not build; the whole log is in $log"
    fi
    printf 'TL_SOURCE_LIBTORCH=%s\n' "${TL_LIBTORCH:-}" >"$build/choice"
}

# Chromium for the tests of the live page, where it can be had: they are skipped without it.
install_browser() {
    local browser
    for browser in chromium chromium-browser google-chrome; do
        if command -v "$browser" >/dev/null; then return 0; fi
    done
    (install_packages chromium) || say "without Chromium the tests of the live page are skipped"
}

case ${1:-} in
    ''|--browser) ;;
    *) die "there is no option $1; --browser installs Chromium too" ;;
esac
require_dotnet
choose_flavour
if [ "$(chosen Dependencies)" = system ]; then
    if [ -n "${TL_LIBTORCH:-}" ]; then
        install_packages g++ cmake make liblz4-1 dataset-fashion-mnist
    else
        install_packages g++ cmake make libtorch-dev libopenblas0-pthread liblz4-1 dataset-fashion-mnist
    fi
    build_native
fi
if [ "${1:-}" = --browser ]; then install_browser; fi
