#!/usr/bin/env bash
# Measures traversal learning against centralized training on this machine, and writes tables and charts.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
    cat <<'USAGE'
Usage: ./bench.sh [--quick] [--rounds N] [--output DIR] [--dataset NAME|DIR] [--partition NAME[:X]]

Sets up what is missing, builds, and measures side by side and in turn: traversal learning with 1, 3 and 5 node processes, our own
centralized loop and, where /usr/bin/python3 has PyTorch, PyTorch's and its DDP over gloo. Twenty to thirty-five minutes on a quiet machine;
nothing else should run meanwhile.

  --quick          three nodes, fewer steps and rounds, no thousand nodes: some two minutes
  --smoke          some seconds: shows that it works, and says nothing about speed
  --rounds N       how often everything is measured                      [3, with --quick 2]
  --output DIR     where tables (CSV, Markdown) and charts (SVG) go      [docs/bench]
  --dataset …      fashion-mnist, mnist, or a directory with IDX files   [fashion-mnist]
  --partition …    how nodes deal it out (docs/reference/partitions.md), with --partition_seed   [round_robin]

docs/explanation/performance.md says what is measured and how to read it.
USAGE
}

output=(--output "$here/docs/bench")
for argument in "$@"; do
    case $argument in
        -h|--help|'-?') usage; exit 0 ;;
        --output|--output=*) output=() ;;
    esac
done

"$here/setup.sh"
dotnet build "$here/TraversalLearning.sln" -c Release -v quiet --nologo

# In place of this script: a signal reaches the program itself, which ends every process that it started.
exec "$here/Bench/bin/Release/net10.0/Bench" "${output[@]}" "$@"
