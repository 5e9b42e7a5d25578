#!/usr/bin/env bash
# Sets up what is missing, builds, and runs the tests. The last line is "N passed, N failed".
# Arguments go to dotnet test, e.g. ./run_tests.sh --filter FullyQualifiedName~Wire
#
#   ./run_tests.sh --all            every case of every matrix and ten times the fuzz inputs, where otherwise some that cover them run
#   ./run_tests.sh --times          afterwards prints the seconds that the slowest fixtures took
#   ./run_tests.sh --mutations      instead of the tests, breaks the product in the ways of Tests/mutations.txt, one at a time, and
#                                   says which break no test notices
#   ./run_tests.sh --fuzz MINUTES   instead of the tests, spoils the input of every decoder for that long, from a random seed
#                                   (TL_FUZZ_SEED=N for a given one)
#   ./run_tests.sh --soak [STEPS]   instead of the tests, trains for that many steps (20,000) under a fault every few hundred, in one
#                                   process and in several, and prints what each process takes on the way
#   ./run_tests.sh --packages       instead of the tests, makes packages and images and tries them in a Debian of their own; as root,
#                                   with debootstrap, buildah and a Debian mirror (--packages --site: plays docs/guide/site.md only)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

times=
while [ $# -gt 0 ]; do
    case $1 in
        --all) export TL_TESTS=all ;;
        --times) times=yes ;;
        *) break ;;
    esac
    shift
done

if [ "${1:-}" = --mutations ]; then
    shift
    exec Tests/mutate.sh "$@"
elif [ "${1:-}" = --packages ]; then
    shift
    exec Tests/packages.sh "$@"
elif [ "${1:-}" = --fuzz ]; then
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

./setup.sh --browser --proxy
dotnet build TraversalLearning.sln -c Release -v quiet --nologo

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# A project's tests, its lines as they come.
run_project() {
    local project=$1
    shift
    dotnet test "Tests/$project/$project.csproj" -c Release --no-build --nologo --results-directory "$results" --logger "console;verbosity=normal" \
        --logger "trx;LogFileName=$project.trx" "$@" 2>&1 | tee "$results/$project.log" | grep --line-buffered ''
}

# The longest first: on one core one after the other, else side by side.
status=0
running=()
trap 'trap - INT; kill 0' INT # Of what runs in the background the shell keeps Ctrl-C away.
for project in Processes Torch Unit; do
    run_project "$project" "$@" &
    running+=($!)
    if [ "$(nproc)" -lt 2 ]; then wait $! || status=$?; fi
done
if [ "$(nproc)" -ge 2 ]; then
    for job in "${running[@]}"; do wait "$job" || status=$?; done
fi

if [ -n "$times" ]; then
    printf '| fixture | tests | seconds |\n|---|---:|---:|\n'
    awk -f Tests/times.awk "$results"/*.trx
fi

# The sum of a figure over the projects; nothing where none has it.
count() { cat "$results"/*.log | awk -v name="$1:" '$1 == name { sum += $2; found = 1 } END { if (found) print sum }'; }
passed=$(count Passed)
failed=$(count Failed)
skipped=$(count Skipped)
for project in Processes Torch Unit; do
    if [[ " $* " != *" --filter "* ]] && ! grep -q '^ *Passed:' "$results/$project.log"; then
        echo "no test of $project ran" >&2
        status=1
    fi
done
if [ -z "$passed$failed" ]; then
    echo "no test ran" >&2
    exit 1
fi
echo "${passed:-0} passed, ${failed:-0} failed${skipped:+, $skipped skipped}"
exit "$status"
