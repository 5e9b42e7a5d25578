# The Debian packages in a root of their own, without systemd running. Sourced by Tests/packages.sh.

first_version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
root=$work/root

# Runs a command in the root, with a /proc and processes of its own.
inside() {
    unshare --mount --pid --fork --kill-child sh -c 'root=$1; shift; mount -t proc proc "$root/proc" && exec chroot "$root" "$@"' - "$root" "$@"
}
apt() {
    inside env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}
mode_of() { stat -c '%a %U' "$root$1"; }
owner_inside() { inside stat -c '%a %U' "$1"; }

# The same sources make the same bytes. Excepted are the changelog, which has the version of the package, and the assemblies whose log
# messages the SDK's generator puts into another order each time.
try_packages() {
    local program other='changelog|TraversalLearning.Common.dll|Orchestrator.dll'
    for program in node orchestrator; do
        dpkg-deb -I "$packages/first/traversal-learning-${program}_${first_version}_amd64.deb" md5sums | grep -Ev "$other" >"$work/first.md5"
        dpkg-deb -I "$packages"/second/traversal-learning-"${program}"_*_amd64.deb md5sums | grep -Ev "$other" >"$work/second.md5"
        check "$program: built twice, the same files" diff "$work/first.md5" "$work/second.md5"
    done
    check "the second version counts as later" dpkg --compare-versions "$(second_version)" gt "$first_version"
}
second_version() { dpkg-deb -f "$packages"/second/traversal-learning-node_*_amd64.deb Version; }

# The second version with another default policy, for what dpkg does about files that both have changed.
make_second() {
    dpkg-deb -R "$packages"/second/traversal-learning-node_*_amd64.deb "$work/changed"
    echo '# a later default' >>"$work/changed/etc/traversal-learning/policy.yaml"
    dpkg-deb -Znone --root-owner-group -b "$work/changed" "$root/packages/second-node.deb" >/dev/null
    rm -rf "$work/changed"
    cp "$packages"/second/traversal-learning-orchestrator_*_amd64.deb "$root/packages/second-orchestrator.deb"
}

try_root() {
    cp -a "$base" "$root"
    mkdir -p "$root/packages"
    cp "$packages"/first/*.deb "$root/packages/"
    try_installation
    try_units
    try_training
    try_upgrade
    try_removal
}

try_installation() {
    say "installation"
    apt update >"$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2; exit 2; }
    check "both packages install, with what they need" apt install "/packages/traversal-learning-node_${first_version}_amd64.deb" "/packages/traversal-learning-orchestrator_${first_version}_amd64.deb"
    check "the node says its version" inside sh -c "traversal-node --version | grep -F 'Node $first_version, commit '"
    check "the orchestrator says its version" inside sh -c "traversal-orchestrator --version | grep -F 'Orchestrator $first_version, commit '"
    check "the state folder is the node's alone" is "$(owner_inside /var/lib/traversal-learning/node)" "700 traversal-node"
    check "the node has no shell" inside sh -c 'getent passwd traversal-node | grep -F /usr/sbin/nologin'
    check "the configuration is the administrator's" is "$(owner_inside /etc/traversal-learning/policy.yaml)" "644 root"
    check "programs belong to root" is "$(find "$root/usr/lib/traversal-learning" ! -user root -o -perm /022 ! -type l | wc -l)" 0
    check "every file of the package is whole" inside dpkg --verify traversal-learning-node traversal-learning-orchestrator
    check "the policy of the package is valid" inside traversal-node policy check /etc/traversal-learning/policy.yaml
    check "libtorch finds all that it needs" inside sh -c '! ldd /usr/lib/traversal-learning/node/libLibTorchSharp.so | grep "=> not found"'
}

try_units() {
    say "units"
    local unit copy=$work/units
    mkdir -p "$copy"
    command -v systemd-analyze >/dev/null || { echo "systemd-analyze is missing: units are not checked"; return 0; }
    for unit in "$root"/usr/lib/systemd/system/traversal-*.service; do
        # The program is in the root only.
        sed 's:^ExecStart=[^ ]*:ExecStart=/bin/true:' "$unit" >"$copy/${unit##*/}"
        check "${unit##*/} has no error" is "$(systemd-analyze verify "$copy/${unit##*/}" 2>&1)" ""
        check "${unit##*/} is exposed by less than 2" sh -c "systemd-analyze security --offline=true --threshold=20 '$unit'"
    done
}

# Three nodes of one site each, with its own table, state folder and user; all of them in the root, on loopback.
try_training() {
    say "training from the installed packages"
    local i
    python3 docs/make_table.py patients "$root/srv/patients" --nodes 3 >/dev/null
    inside chown -R root:traversal-node /srv/patients
    inside chmod -R o-rwx /srv/patients/node1 /srv/patients/node2 /srv/patients/node3
    for i in 1 2 3; do
        sed -e "s/^--stay/--node_id $i/" -e "s:^--data .*:--data /srv/patients/node$i:" \
            -e "s:^--state_dir .*:--state_dir /var/lib/traversal-learning/node/site-$i:" "$root/etc/traversal-learning/node.conf" >"$root/etc/traversal-learning/node-$i.conf"
        inside runuser -u traversal-node -- traversal-node "@/etc/traversal-learning/node-$i.conf" >"$work/node-$i.log" 2>&1 &
        pids+=($!)
    done
    check "three nodes train with --exchange blind" inside traversal-orchestrator --num_nodes 3 --exchange blind --dataset /srv/patients \
        --model tabular --optimizer adam --epochs 2 --batch_size 32 --output /root/run
    for pid in "${pids[@]}"; do check "a node ends in good order" wait "$pid"; done
    pids=()
    for i in 1 2 3; do
        check "the record of node $i is whole" inside runuser -u traversal-node -- traversal-node record verify --state_dir "/var/lib/traversal-learning/node/site-$i"
    done
    check "a run that the policy does not allow ends with its rule" refused_run
    check "each node has the model" is "$(find "$root/var/lib/traversal-learning/node" -name model.safetensors | wc -l)" 3
    check "nobody else reads a node's state" is "$(find "$root/var/lib/traversal-learning/node" -mindepth 1 -perm /077 | wc -l)" 0
}

# The same node, asked for an exchange in which the orchestrator would see gradients.
refused_run() {
    local node
    inside runuser -u traversal-node -- traversal-node @/etc/traversal-learning/node-1.conf >"$work/refused.log" 2>&1 &
    node=$!
    inside traversal-orchestrator --num_nodes 1 --exchange two_phase --dataset /srv/patients --model tabular --reconnect_timeout 5 --output /root/refused | tail -n 1 >"$work/refused" 2>&1 || true
    ! wait "$node" && grep -F 'policy.' "$work/refused.log"
}

# What the administrator and the node have put there, by hash.
kept() { (cd "$root" && find var/lib/traversal-learning/node etc/traversal-learning/node*.conf etc/traversal-learning/policy.yaml -type f -print0 | sort -z | xargs -0 sha256sum) >"$1"; }

# Stands for systemd: it runs, and what maintainer scripts ask of it is written down. apt gives them a PATH without /usr/local.
pretend_systemd() {
    mkdir -p "$root/run/systemd/system"
    printf '#!/bin/sh\necho "${0##*/} $*" >>/systemd.log\n' | tee "$root/usr/bin/systemctl" "$root/usr/bin/deb-systemd-invoke" >/dev/null
    chmod 755 "$root/usr/bin/systemctl" "$root/usr/bin/deb-systemd-invoke"
}
asked_systemd() { grep -F "$1" "$root/systemd.log"; }

try_upgrade() {
    say "upgrade"
    make_second
    pretend_systemd
    sed -i 's/min_count: 5 /min_count: 7 /' "$root/etc/traversal-learning/policy.yaml"
    echo '--threads 2' >>"$root/etc/traversal-learning/node.conf"
    mkdir -p "$root/var/lib/traversal-learning/node/keys/hub"
    echo secret >"$root/var/lib/traversal-learning/node/keys/hub/node.key"
    kept "$work/before"
    check "the second version installs over the first" apt install /packages/second-node.deb /packages/second-orchestrator.deb
    kept "$work/after"
    check "it is the second version" is "$(inside dpkg-query -W -f '${Version}' traversal-learning-node)" "$(second_version)"
    check "configuration, policy, keys and models are as they were" diff "$work/before" "$work/after"
    check "the new default of the policy lies beside it" grep -F 'a later default' "$root/etc/traversal-learning/policy.yaml.dpkg-dist"
    check "a running service is restarted, one that is not is left alone" asked_systemd "deb-systemd-invoke try-restart traversal-node.service"
    check "the node still starts" inside traversal-node --version
}

try_removal() {
    say "removal"
    check "both are removed" apt remove traversal-learning-node traversal-learning-orchestrator
    kept "$work/after"
    check "the service was stopped" asked_systemd "deb-systemd-invoke stop traversal-node.service"
    check "the programs are gone" is "$(find "$root/usr/lib/traversal-learning" "$root/usr/bin" -path '*traversal*' 2>/dev/null | wc -l)" 0
    check "configuration, policy, keys and models are as they were" diff "$work/before" "$work/after"
    check "the first version installs again" apt install "/packages/traversal-learning-node_${first_version}_amd64.deb"
    kept "$work/after"
    check "with the configuration of before" diff "$work/before" "$work/after"
    apt purge traversal-learning-node >"$work/purge.log" 2>&1
    check "purge says what it keeps" grep -F '/var/lib/traversal-learning/node is kept' "$work/purge.log"
    check "keys and models outlive it" is "$(cat "$root/var/lib/traversal-learning/node/keys/hub/node.key")" secret
    check "the configuration does not" is "$(find "$root/etc/traversal-learning" -name policy.yaml -o -name node.conf | wc -l)" 0
}
