#!/usr/bin/env bash
# Makes what is installed on machines without .NET: archives, Debian packages and container images.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'USAGE'
Usage: ./package.sh [tar|deb|oci|all] [--output DIR] [--snapshot]

Makes self-contained packages of the node and the orchestrator for Linux on x86-64, in DIR [packages]:

  tar   traversal-learning-node-VERSION-linux-x64.tar.gz, …-orchestrator-…: a folder to unpack anywhere
  deb   traversal-learning-node_VERSION_amd64.deb, …-orchestrator_…: for Debian 12 and later
  oci   traversal-learning-node-VERSION-image.tar.gz, …-orchestrator-…: container images for docker load or podman load,
        made from the Debian packages by buildah; the variable BASE_IMAGE says what on [docker.io/library/debian:12-slim]
  all   all of them; the default

  --snapshot  for what is built between two releases: the time and the hash of the commit go into the version of the
              package, so that it counts as later than VERSION

NuGet needs a network where its cache lacks a package; the archives and Debian packages need none after that.
docs/guide/install.md says how to install them, and what is the same each time that a commit is packed.
USAGE
}

say() { printf 'package: %s\n' "$*"; }
die() { printf 'package: %s\n' "$*" >&2; exit 2; }
require() { command -v "$1" >/dev/null || die "$1 is missing; install it: sudo apt-get install ${2:-$1}"; }

kinds=all
output=packages
snapshot=
while [ $# -gt 0 ]; do
    case $1 in
        tar|deb|oci|all) kinds=$1 ;;
        --output)
            [ $# -ge 2 ] || die "--output needs a folder"
            output=$2
            shift
            ;;
        --snapshot) snapshot=yes ;;
        -h|--help) usage; exit 0 ;;
        *) die "there is no option $1; --help lists them" ;;
    esac
    shift
done
wants() { [ "$kinds" = "$1" ] || [ "$kinds" = all ]; }

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || die "packages are made on Linux on x86-64, this is $(uname -s) on $(uname -m)"
command -v dotnet >/dev/null || die "the .NET 10 SDK is missing; install it from https://dot.net/download and put 'dotnet' on the PATH"
if wants deb || wants oci; then require dpkg-deb dpkg; fi
if wants oci; then require buildah; fi

version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
# Outside a checkout, as in an archive of the sources, a package has no commit, and the time of the sources.
commit=$(git rev-parse HEAD 2>/dev/null || true)
if [ -n "$commit" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
    if [ -n "$(git status --porcelain)" ]; then
        say "files differ from commit ${commit:0:10}; the packages say so"
        commit+=-modified
    fi
else
    SOURCE_DATE_EPOCH=$(stat -c %Y Directory.Build.props)
fi
export SOURCE_DATE_EPOCH
if [ -n "$snapshot" ]; then
    [ -n "$commit" ] || die "--snapshot needs a git checkout: its version names the commit"
    version+=+$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S).${commit:0:10}
fi

mkdir -p "$output"
output=$(realpath "$output")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Publishes a program with all that it needs. Paths of this machine would be in the bytes, were they not mapped.
publish() {
    local project=$1 folder=$2
    say "building the ${folder##*/}, with .NET and libtorch"
    if ! dotnet publish "$project/$project.csproj" -c Release -r linux-x64 --self-contained --artifacts-path "$work/build" -o "$folder" -v quiet --nologo \
        -p:RunAnalyzers=false -p:GenerateDocumentationFile=false -p:DebugType=embedded -p:EnableSourceLink=false \
        -p:EnableSourceControlManagerQueries=false -p:SourceRevisionId="$commit" \
        -p:CreateHardLinksForPublishFilesIfPossible=false -p:PathMap="$work/build=/build%2C$PWD=/src" >"$work/log" 2>&1; then
        cat "$work/log" >&2
        exit 1
    fi
    packaging/licenses.sh "$folder"
    cp -r docs "$folder/docs"
    find "$folder" -type d -exec chmod 755 {} + -o -type f -exec chmod 644 {} +
    chmod 755 "$folder/$project" "$folder/createdump"
    find "$folder" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

make_archive() {
    local name=traversal-learning-$1-$version-linux-x64
    say "making $name.tar.gz"
    tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --transform "s:^$1:$name:S" -cf - "$1" | gzip -n >"$work/$name.tar.gz"
    mv "$work/$name.tar.gz" "$output/"
}

# The format is Docker's, since that of the OCI has no health check.
make_image() {
    local name=traversal-learning-$1 image=traversal-learning-$1:${version/+/-}
    say "making the image $image"
    if ! buildah build --format docker --timestamp "$SOURCE_DATE_EPOCH" ${BASE_IMAGE:+--build-arg BASE_IMAGE="$BASE_IMAGE"} \
        --build-arg VERSION="$version" -t "$image" -f "packaging/$1/Containerfile" "$output" >"$work/log" 2>&1; then
        cat "$work/log" >&2
        exit 1
    fi
    buildah push -q "$image" "docker-archive:$work/$name.tar:$image"
    gzip -nc "$work/$name.tar" >"$output/$name-$version-image.tar.gz"
    rm "$work/$name.tar"
}

publish Node "$work/node"
publish Orchestrator "$work/orchestrator"
for program in node orchestrator; do
    if wants tar; then make_archive "$program"; fi
    if wants deb || wants oci; then
        say "making traversal-learning-${program}_${version}_amd64.deb"
        packaging/deb.sh "$program" "$work/$program" "$version" "$output"
    fi
    if wants oci; then make_image "$program"; fi
done
ls -l --block-size=1 "$output" | awk 'NR > 1 { printf "package: %4d MB %s\n", $5 / 1e6, $9 }'
