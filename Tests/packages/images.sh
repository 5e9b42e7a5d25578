# The images, made on a base of debootstrap's, and a run between containers of them. Sourced by Tests/packages.sh.

# A store of its own, which takes neither a daemon nor the kernel's overlay file system.
export CONTAINERS_STORAGE_CONF=$work/storage.conf BUILDAH_ISOLATION=chroot BASE_IMAGE=localhost/debian-of-debootstrap

make_base_image() {
    local container
    printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$work/store" "$work/store.run" >"$work/storage.conf"
    container=$(buildah from scratch)
    buildah add -q "$container" "$base" / >/dev/null
    buildah commit -q --rm "$container" "$BASE_IMAGE" >/dev/null
}

try_images() {
    say "images"
    local name
    for name in node orchestrator; do
        # As docker load does; the library of podman and buildah takes no compressed file.
        gzip -dc "$packages/first/traversal-learning-$name-$first_version-image.tar.gz" >"$work/$name.tar"
        check "$name: the image can be loaded" buildah pull "docker-archive:$work/$name.tar"
    done
    for name in node orchestrator; do
        check "$name: its user is not root" is "$(inspect "$name" '{{.Docker.Config.User}}')" "traversal-$name"
    done
    check "the node has a health check" is "$(inspect node '{{index .Docker.Config.Healthcheck.Test 0}}')" CMD-SHELL
    check "the node has a volume for data and one for state" is "$(inspect node '{{len .Docker.Config.Volumes}}')" 2
    try_run_between_containers
}
inspect() { buildah inspect --type image --format "$2" "traversal-learning-$1:$first_version"; }

# The isolation that works everywhere leaves containers in this machine's network: they meet on loopback.
try_run_between_containers() {
    local i orchestrator node=() port=23457
    python3 docs/make_table.py patients "$work/patients" --nodes 3 >/dev/null
    chmod -R a+rX "$work/patients"
    orchestrator=$(buildah from "traversal-learning-orchestrator:$first_version")
    for i in 1 2 3; do
        node[i]=$(buildah from "traversal-learning-node:$first_version")
        buildah run -v "$work/patients/node$i:/srv/traversal-learning/data:ro" "${node[i]}" -- traversal-node --node_id "$i" --port "$port" \
            --data /srv/traversal-learning/data --policy /etc/traversal-learning/policy.yaml --state_dir . >"$work/container-$i.log" 2>&1 &
        pids+=($!)
    done
    check "three nodes train with an orchestrator, a container each" buildah run -v "$work/patients:/data:ro" "$orchestrator" -- traversal-orchestrator --num_nodes 3 \
        --port "$port" --exchange blind --dataset /data --model tabular --optimizer adam --epochs 2 --batch_size 32 --output run
    for pid in "${pids[@]}"; do check "a node's container ends in good order" wait "$pid"; done
    pids=()
}
