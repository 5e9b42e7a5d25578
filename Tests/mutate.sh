#!/usr/bin/env bash
# Makes the breaks of mutations.txt in a copy of the working tree, one at a time, and says which the tests do not notice.
# Arguments: only those whose first line contains one of these.  ./run_tests.sh --mutations [WORDS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done | xargs -0 cp --parents -t "$copy"
cd "$copy"

build() { dotnet build TraversalLearning.sln -c Release -v quiet --nologo -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false -p:GenerateDocumentationFile=false; }

build >/dev/null

# Applies one break, and succeeds if a test fails for it.
is_noticed() {
    local file=$1 code=$2 broken=$3 project=$4 content filter=
    shift 4
    content=$(cat "$file")
    if [[ $content != *"$code"* ]]; then
        echo "there is no '$code' in $file" >&2
        exit 2
    fi
    printf '%s\n' "${content/"$code"/"$broken"}" >"$file"
    build >build.log || { cat build.log >&2; exit 2; }
    for fixture in "$@"; do filter+="${filter:+|}FullyQualifiedName~.$fixture."; done
    local status=0
    timeout 600 dotnet test "Tests/$project/$project.csproj" -c Release --no-build --nologo --filter "$filter" >test.log 2>&1 || status=$?
    printf '%s\n' "$content" >"$file"
    # A run that ends by a crash or a hang has noticed, too; one without any test has not.
    [ "$status" != 0 ] && ! grep -q "No test matches" test.log
}

total=0
missed=0
while IFS= read -r what; do
    if [[ -z $what || $what = \#* ]]; then continue; fi
    IFS= read -r file
    IFS= read -r code
    IFS= read -r broken
    read -r project fixtures
    if [ $# -gt 0 ]; then
        wanted=
        for word in "$@"; do [[ $what != *"$word"* ]] || wanted=yes; done
        if [ -z "$wanted" ]; then continue; fi
    fi
    total=$((total + 1))
    # shellcheck disable=SC2086 # one word each
    if is_noticed "$file" "$code" "$broken" "$project" $fixtures </dev/null; then
        echo "noticed: $what"
    else
        echo "NOT NOTICED: $what ($file)"
        missed=$((missed + 1))
    fi
done <Tests/mutations.txt
echo "$total breaks, $missed not noticed"
[ "$missed" = 0 ]
