#!/usr/bin/env bash
# Trains on this machine: an orchestrator and its nodes, one process each.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
    cat <<'USAGE'
Usage: ./run_local.sh [--num_nodes N] [--epochs N] [flags of the orchestrator]

Sets up what is missing, builds, and trains with an orchestrator and N node processes on this machine
(3 nodes, 2 epochs, Fashion-MNIST, mlp). Logs of the nodes and the results are in the run folder.

  --num_nodes N        node processes                                    [3]
  --epochs N           passes over the data                              [2]
  --threads N          threads of each process                           [cores / processes, at least 1]
  --output DIR         run folder                                        [runs/<time>]
  --policy FILE        what the nodes agree to take part in              [everything]
  --certificates DIR   TLS and token; what is missing there is made, as by: Orchestrator ca trial DIR N
  --resume PATH|latest go on with an interrupted run; flags of the nodes (--dataset, --partition, …) are to be given again

Everything else goes to the orchestrator, and to the nodes what concerns them (--port, --dataset, --partition,
--device, --compression, --token_file, …). All flags: dotnet run --project Orchestrator -- --help
USAGE
}

num_nodes=
threads=
output=
resume=
epochs=
certificates=
policy=
orchestrator_flags=()
node_flags=()

# Reads one flag; underscored and hyphenated spellings are the same, and so are "--flag value" and "--flag=value".
while [ $# -gt 0 ]; do
    argument=$1
    shift
    name=${argument%%=*}
    name=${name//_/-}
    value=
    case $name in
        --num-nodes|--epochs|--threads|--output|--resume|--port|--host|--dataset|--partition|--partition-seed|--device|--compression|--checksums|--token-file|--certificates|--policy)
            if [[ $argument == *=* ]]; then
                value=${argument#*=}
            elif [ $# -gt 0 ]; then
                value=$1
                shift
            else
                echo "error: $argument needs a value; ./run_local.sh --help lists the flags" >&2
                exit 2
            fi
            ;;
    esac
    case $name in
        -h|--help|'-?') usage; exit 0 ;;
        --num-nodes) num_nodes=$value ;;
        --threads) threads=$value ;;
        --output) output=$value ;;
        --resume) resume=$value ;;
        --epochs) epochs=$value ;;
        --certificates) certificates=$value ;;
        --policy) policy=$value ;;
        --tls-cert|--tls-key|--tls-ca)
            echo "error: every process has a certificate of its own; give --certificates DIR, where they are made" >&2
            exit 2
            ;;
        --port|--host|--dataset|--partition|--partition-seed|--device|--compression|--checksums|--token-file)
            orchestrator_flags+=("$name" "$value")
            node_flags+=("$name" "$value")
            ;;
        --no-accel|--insecure)
            orchestrator_flags+=("$name")
            node_flags+=("$name")
            ;;
        *) orchestrator_flags+=("$argument") ;;
    esac
done

# A resumed run goes on in its own folder, with the nodes and epochs that it had unless others are given.
if [ -n "$resume" ]; then
    case $resume in
        latest) output=${output:-$(ls -td runs/*/checkpoints 2>/dev/null | head -n 1 | sed 's:/checkpoints$::' || true)} ;;
        */checkpoints/step-*) output=${resume%/checkpoints/step-*} ;;
        *) output=$resume ;;
    esac
    [ -d "$output/checkpoints" ] || { echo "error: --resume $resume: no run with checkpoints there" >&2; exit 7; }
    [ "$resume" != latest ] || resume=$output
    num_nodes=${num_nodes:-$(sed -n 's/.*"--num_nodes": "\([0-9]*\)".*/\1/p' "$output"/checkpoints/step-*/manifest.json 2>/dev/null | head -n 1 || true)}
    run_flags=(--resume "$resume" ${epochs:+--epochs "$epochs"})
else
    output=${output:-runs/$(date +%Y%m%d-%H%M%S)}
    run_flags=(--output "$output" --epochs "${epochs:-2}")
fi
num_nodes=${num_nodes:-3}

[[ $num_nodes =~ ^[1-9][0-9]*$ ]] || { echo "error: --num_nodes takes a whole number of at least 1, not '$num_nodes'" >&2; exit 2; }
if [ -z "$threads" ]; then
    threads=$(($(nproc) / (num_nodes + 1)))
    [ "$threads" -ge 1 ] || threads=1
fi
if [ -n "$certificates" ]; then
    orchestrator_flags+=(--tls_cert "$certificates/orchestrator.pem" --tls_key "$certificates/orchestrator.key")
    orchestrator_flags+=(--tls_ca "$certificates/ca.pem" --token_file "$certificates/token")
    node_flags+=(--tls_ca "$certificates/ca.pem" --token_file "$certificates/token")
fi

"$here/setup.sh"
log=$(mktemp)
for program in Orchestrator Node; do
    if ! dotnet build "$here/$program" -c Release -v quiet --nologo >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        exit 1
    fi
done
rm -f "$log"
orchestrator=$here/Orchestrator/bin/Release/net10.0/Orchestrator
node=$here/Node/bin/Release/net10.0/Node

# What a run leaves is the user's own.
umask 077
[ -z "$certificates" ] || "$orchestrator" ca trial "$certificates" "$num_nodes"
mkdir -p "$output"
if [ -z "$policy" ]; then
    mkdir -p "$output/nodes"
    policy=$output/nodes/policy.yaml
    printf '# For trials on one machine: allows everything.\nreveal_model: end\nmin_nodes: 1\n' >"$policy"
fi
pids=()
orchestrator_pid=

# Whatever ends this script ends everything that it started: first the orchestrator, which sends the nodes home.
stop_all() {
    trap '' INT TERM
    if [ -n "$orchestrator_pid" ] && kill -TERM "$orchestrator_pid" 2>/dev/null; then
        wait "$orchestrator_pid" 2>/dev/null || true
    fi
    if [ ${#pids[@]} -gt 0 ]; then
        kill -TERM "${pids[@]}" 2>/dev/null || true
        wait "${pids[@]}" 2>/dev/null || true
    fi
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$orchestrator" --num_nodes "$num_nodes" --threads "$threads" "${run_flags[@]}" "${orchestrator_flags[@]}" &
orchestrator_pid=$!
for id in $(seq 1 "$num_nodes"); do
    own=(--state_dir "$output/nodes/node-$id" --policy "$policy")
    [ -z "$certificates" ] || own+=(--tls_cert "$certificates/node-$id.pem" --tls_key "$certificates/node-$id.key")
    "$node" --node_id "$id" --num_nodes "$num_nodes" --threads "$threads" "${node_flags[@]}" "${own[@]}" >>"$output/node$id.log" 2>&1 &
    pids+=($!)
done

# The orchestrator's end is the run's end; a node that fails before it ends the run too.
status=0
while :; do
    ended=
    status=0
    wait -n -p ended "$orchestrator_pid" "${pids[@]}" || status=$?
    if [ "${ended:-}" = "$orchestrator_pid" ] || [ -z "${ended:-}" ]; then
        orchestrator_pid=
        break
    fi
    remaining=()
    for i in "${!pids[@]}"; do
        if [ "${pids[$i]}" != "$ended" ]; then
            remaining+=("${pids[$i]}")
        elif [ "$status" != 0 ]; then
            reason=$(tail -n 1 "$output"/node*.log 2>/dev/null | grep -m 1 error: || echo "see $output/node*.log")
            stop_all
            trap - EXIT
            # Last, where it is seen.
            echo "error: a node ended with exit code $status: $reason" >&2
            exit "$status"
        fi
    done
    pids=("${remaining[@]}")
done
# Nodes of a run that has failed would go on looking for their orchestrator; what ends this script ends them.
if [ "$status" = 0 ]; then
    wait "${pids[@]}" 2>/dev/null || true
fi
exit "$status"
