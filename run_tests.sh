#!/usr/bin/env bash
# Sets up what is missing, builds, and runs every test. The last line is "N passed, N failed".
# Arguments go to dotnet test, e.g. ./run_tests.sh --filter FullyQualifiedName~Wire
#
#   ./run_tests.sh --fuzz MINUTES   instead of the tests, spoils the input of every decoder for that long, from a random seed
#                                   (TL_FUZZ_SEED=N for a given one)
#   ./run_tests.sh --soak [STEPS]   instead of the tests, trains for that many steps (20,000) under a fault every few hundred, in one
#                                   process and in several, and prints what each process takes on the way
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if [ "${1:-}" = --fuzz ]; then
    if ! [[ ${2:-} =~ ^[0-9]+(\.[0-9]+)?$ ]]; then
        echo "--fuzz takes a number of minutes" >&2
        exit 2
    fi
    export TL_FUZZ_MINUTES=$2 TL_FUZZ_SEED=${TL_FUZZ_SEED:-$((RANDOM << 30 | RANDOM << 15 | RANDOM))}
    echo "fuzzing for $TL_FUZZ_MINUTES minutes, seed $TL_FUZZ_SEED"
    shift 2
    set -- --filter TestCategory=LongFuzz "$@"
elif [ "${1:-}" = --soak ]; then
    shift
    export TL_SOAK_STEPS=20000
    if [[ ${1:-} =~ ^[0-9]+$ ]]; then
        TL_SOAK_STEPS=$1
        shift
    fi
    echo "soaking for $TL_SOAK_STEPS steps"
    set -- --filter TestCategory=Soak "$@"
fi

./setup.sh --browser
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
