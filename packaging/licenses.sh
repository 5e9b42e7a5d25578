#!/usr/bin/env bash
# Puts into a published program's folder what the licences of its packages ask for: licenses/packages.txt, which names each with its
# version and licence, and the texts that the packages have.
set -euo pipefail

folder=$1
cache=$(dotnet nuget locals global-packages --list | sed 's/^global-packages: *//')
mkdir -p "$folder/licenses"

# The packages of the dependency file, .NET's own included, but not the projects of this repository.
sed -n 's:^ *"\(runtimepack\.\)\?\([A-Za-z0-9._-]*\)/\([0-9][^"]*\)"\: {$:\2 \3:p' "$folder"/*.deps.json | sort -u | while read -r name version; do
    package=$cache/${name,,}/$version
    [ -d "$package" ] || continue
    license=$(sed -n 's:.*<license type="expression">\(.*\)</license>.*:\1:p' "$package/${name,,}.nuspec")
    printf '%s %s%s\n' "$name" "$version" "${license:+ $license}"
    find "$package" -maxdepth 1 -type f \( -iname 'licen[cs]e*' -o -iname '*notice*' \) | while read -r text; do
        mkdir -p "$folder/licenses/$name"
        cp --no-preserve=mode "$text" "$folder/licenses/$name/"
    done
done >"$folder/licenses/packages.txt"
