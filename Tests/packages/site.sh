# Plays docs/guide/site.md: a hub and a site, each a Debian of its own in a network namespace of its own, and the commands of the page in
# them. The page is the script: its blocks say for whom they are. Sourced by Tests/packages.sh.

page=docs/guide/site.md
state=/var/lib/traversal-learning/node
as_node="runuser -u traversal-node --"

# Runs a command on a machine, as if its administrator had logged in.
on() {
    local process
    process=$(pgrep -P "${init[$1]}")
    shift
    nsenter -t "$process" -m -u -n -p -r --wd="/proc/$process/root/root" "$@"
}
declare -A init

can_have_networks() { ip netns add "tl-hub-$$" 2>"$work/netns.log" && ip netns delete "tl-hub-$$"; }

# A Debian with what the packages need, since the machines reach no mirror.
make_machine() {
    local root=$work/$1
    cp -a "$work/needed" "$root"
    printf '127.0.0.1 localhost\n10.77.0.1 hub.example ca.example\n10.77.0.2 site.example\n' >"$root/etc/hosts"
    cp "$packages"/first/*.deb "$root/root/"
    nsenter --net="/run/netns/tl-$1-$$" unshare --mount --uts --pid --fork --kill-child sh -c \
        'hostname "$2.example" && mount -t proc proc "$1/proc" && exec chroot "$1" sh -c "while :; do sleep 1; done"' - "$root" "$1" &
    init[$1]=$!
    disown # Its end is not worth a line.
    within 10 on "$1" true
}

make_machines() {
    local root=$work/needed
    cp -a "$base" "$root"
    apt update >"$work/apt.log" 2>&1 && apt install adduser libssl3 libstdc++6 procps >>"$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2; exit 2; }
    ip netns add "tl-hub-$$"
    ip netns add "tl-site-$$"
    ip link add eth0 netns "tl-hub-$$" type veth peer name eth0 netns "tl-site-$$"
    ip -n "tl-hub-$$" address add 10.77.0.1/24 dev eth0
    ip -n "tl-site-$$" address add 10.77.0.2/24 dev eth0
    local machine
    for machine in hub site; do
        ip -n "tl-$machine-$$" link set lo up
        ip -n "tl-$machine-$$" link set eth0 up
        make_machine "$machine"
    done
    python3 Tests/packages/numbers.py "$work/numbers"
    cp "$work/numbers/1"/*.npy "$work/site/root/"
    install -m 755 Tests/packages/systemctl "$work/site/usr/local/bin/systemctl"
    printf '#!/bin/sh\ncat /var/log/traversal-node\n' >"$work/site/usr/local/bin/journalctl"
    chmod 755 "$work/site/usr/local/bin/journalctl"
    python3 Tests/packages/notified.py "$work/site/run/notify" "$work/site/run/notified" &
    pids+=($!)
}
# With the first process of a machine, all of its processes end.
remove_machines() {
    if [ ${#init[@]} -gt 0 ]; then kill -KILL "${init[@]}" 2>/dev/null || true; fi
    stop
    ip netns delete "tl-hub-$$" 2>/dev/null || true
    ip netns delete "tl-site-$$" 2>/dev/null || true
}

# within SECONDS COMMAND…: until it succeeds.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.5
    done
}

# The page's block with a number, among those of a machine; its first line is what the page says behind the name of the machine.
block() { awk -v who="^\`\`\`sh $1( |$)" -v wanted="$2" '/^```/ && inside { inside = 0 } inside { print } $0 ~ who { n++; inside = n == wanted; if (inside) { sub(/^```sh [a-z]+ ?/, ""); print } }' "$page"; }

# play MACHINE NUMBER: runs a block, with the last token in place of the page's; what it prints is in $work/MACHINE-NUMBER.log.
play() {
    local kind log=$work/$1-$2.log script
    kind=$(block "$1" "$2" | sed -n 1p)
    script=$(block "$1" "$2" | sed "1d;s/tl1_…/${token:-}/")
    [ -n "$script" ] || { echo "$page has no block $2 for $1"; return 1; }
    case $kind in
        stays) on "$1" bash -ec "$script" >"$log" 2>&1 & pids+=($!) ;;
        token) token=$(on "$1" bash -ec "$script" 2>"$log") ;;
        *) on "$1" bash -ec "$script" >"$log" 2>&1 </dev/null || { cat "$log"; return 1; } ;;
    esac
}
token=

try_site() {
    say "a site's first run"
    if ! can_have_networks; then
        echo "skipped: this machine makes no network namespaces ($(head -n 1 "$work/netns.log"))"
        return 0
    fi
    make_machines
    try_hub
    try_first_run
    try_refusal
    check "the page has no other commands" is "$(grep -c '^```' "$page")" "$((2 * (7 + 9)))"
    check "the site's node ends in good order" on site systemctl stop traversal-node
}

try_hub() {
    check "the hub installs" play hub 1
    check "the CA's person makes a CA" play hub 2
    play hub 3
    check "the CA listens" within 20 grep -q 'the CA listens' "$work/hub-3.log"
    check "a token for the orchestrator" play hub 4
    check "the orchestrator has its key" play hub 5
    play hub 6
    check "the run has an offer" within 60 test -s "$work/hub/root/runs/first/offer.json"
    cp "$work/hub/root/runs/first/offer.json" "$work/site/root/"
    start_others
    check "a token for the site" play hub 7
}

# The run takes three nodes: two more, which live at the hub, with keys and state of their own.
start_others() {
    local i
    on hub sh -c 'apt-get install -q -y /root/traversal-learning-node_*_amd64.deb' >"$work/others.log" 2>&1
    for i in 2 3; do
        cp -r "$work/numbers/$i" "$work/hub/srv/$i"
        on hub traversal-node enroll --hub ca.example:12347 --token "$(on hub traversal-orchestrator ca token ca --node_id "$i" 2>>"$work/others.log")" \
            --keys "/srv/state-$i/keys" --name hub >>"$work/others.log"
        on hub traversal-node --stay --data "/srv/$i" --state_dir "/srv/state-$i" >"$work/node-$i.log" 2>&1 &
        pids+=($!)
    done
}

try_first_run() {
    local key=$work/site$state/keys/hub/node.key
    check "the package installs" play site 1
    check "the samples are the node's to read" play site 2
    check "the administrator looks at what would leave" play site 3
    check "masked sums would" grep -E '^together: .*masked sums.*no labels' "$work/site-3.log"
    check "the policy of the package allows it" grep -F 'the policy allows it' "$work/site-3.log"
    check "a policy of the site's own" play site 4
    check "it allows the run" grep -F 'the policy allows it' "$work/site-4.log"
    check "the node makes its key" play site 5
    check "both sides show the same fingerprint" grep -F "$(sed -n 's/^fingerprint of the key: //p' "$work/site-5.log")" "$work/hub-3.log"
    check "the key is the node's alone" is "$(on site stat -c '%a %U' "$state/keys/hub/node.key")" "600 traversal-node"
    check "the node starts and says so to systemd" play site 6
    check "the run ends with a model" within 180 grep -q '^final: .*model=on_nodes' "$work/hub-6.log"
    check "the orchestrator is done" within 20 no_process traversal-orchestrator.--num_nodes
    check "the node has the model" within 20 grep -q 'the record of what left ends' "$work/site/var/log/traversal-node"
    check "record, chain and model can be looked at" play site 7
    check "masked sums have left, and no labels" grep -E '^run .*hub\.example:12345 \(hub\.example\).* blind,.*masked sums.*no labels' "$work/site-7.log"
    check "the record is as it was written" grep -E '^record: 1 file, .* as written' "$work/site-7.log"
    check "status is well" on site $as_node traversal-node status --state_dir "$state"
    check "nothing in the run's folder has the site's key" not grep -rqF -e "$(sed -n 2p "$key")" "$work/hub/root/runs"
    check "nor a model" not find_file "$work/hub/root/runs" model.safetensors
    check "the CA has not the site's key either" not grep -rqF -e "$(sed -n 2p "$key")" "$work/hub/root/ca"
}
no_process() { ! on hub pgrep -f "$1"; }
not() { ! "$@"; }
find_file() { find "$1" -name "$2" | grep .; }

# The hub's run once more, under a policy of one epoch.
try_refusal() {
    local again
    check "the site changes its policy" play site 8
    check "the node has read it" within 10 grep -F 'policy' "$work/site/var/log/traversal-node"
    again=$(block hub 6 | sed '1d;s:runs/first:runs/second:')
    check "the next run fails" not on hub timeout 120 bash -ec "$again >second.log 2>&1"
    check "the hub's last line has the rule" sh -c "tail -n 1 '$work/hub/root/second.log' | grep -F '(policy.max_epochs)'"
    check "the site looks at its log" play site 9
    check "it has the rule" grep -F 'policy.max_epochs' "$work/site-9.log"
    check "monitoring learns of the refusal" is "$(on site $as_node traversal-node status --state_dir "$state" >/dev/null; echo $?)" 4
}
