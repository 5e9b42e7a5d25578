#!/usr/bin/env bash
# Sets up what is missing, builds, and runs every test. The last line is "N passed, N failed".
# Arguments go to dotnet test, e.g. ./run_tests.sh --filter FullyQualifiedName~Wire
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
./setup.sh
dotnet build TraversalLearning.sln -c Release -v quiet --nologo

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
dotnet test Tests/Tests.csproj -c Release --no-build --nologo --logger "console;verbosity=normal" "$@" 2>&1 | tee "$log" || status=$?

count() { sed -n "s/^ *$1: *\([0-9][0-9]*\).*/\1/p" "$log" | tail -n 1; }
passed=$(count Passed)
failed=$(count Failed)
skipped=$(count Skipped)
if [ -z "$passed$failed" ]; then
    echo "no test ran" >&2
    exit 1
fi
echo "${passed:-0} passed, ${failed:-0} failed${skipped:+, $skipped skipped}"
exit "$status"
