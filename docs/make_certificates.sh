#!/usr/bin/env bash
# Makes what TLS and token need: a CA, a certificate for the orchestrator and one for each node, and a token. See docs/guide/several-machines.md.
set -euo pipefail
umask 077

usage() {
    cat <<'USAGE'
Usage: docs/make_certificates.sh DIR NUM_NODES|FIRST-LAST [NAME_OR_ADDRESS...]

Writes to DIR, what is there already being kept:

  ca.pem, ca.key                       the CA; its key signs certificates and stays where it is. With --exchange blind
                                       that must not be the orchestrator's machine: it could pretend to be nodes
  orchestrator.pem, orchestrator.key   for the names and addresses given, localhost and 127.0.0.1
  node-<id>.pem, node-<id>.key         for node 1 to NUM_NODES, or instead
  nodes-FIRST-LAST.pem, .key           one for the ids FIRST to LAST, for one process: Node --node_id FIRST --virtual_nodes ...
  token                                64 random hexadecimal digits

A name or address is what nodes will give as --host. TL_CERTIFICATE_DAYS says how long certificates are valid [365].
To have more nodes, run it again with a larger number. To renew a certificate, delete its two files and run it again.
USAGE
}

die() { printf 'error: %s\n' "$*" >&2; exit 2; }

case ${1:-} in
    -h|--help|'') usage; exit 0 ;;
esac
[ $# -ge 2 ] || die "give a folder and the number of nodes; --help tells more"
dir=$1
nodes=$2
shift 2
days=${TL_CERTIFICATE_DAYS:-365}
[[ $nodes =~ ^([1-9][0-9]{0,5}-)?[1-9][0-9]{0,5}$ ]] || die "the number of nodes is a whole number of at least 1, or the first and last id as in 1-100, not '$nodes'"
[[ $nodes != *-* || ${nodes%-*} -le ${nodes#*-} ]] || die "$nodes: the first id is not before the last"
[[ $days =~ ^[1-9][0-9]*$ ]] || die "TL_CERTIFICATE_DAYS takes a whole number of days, not '$days'"
command -v openssl >/dev/null || die "openssl is missing; install it, e.g. by: sudo apt-get install openssl"

names=DNS:localhost,IP:127.0.0.1
for name in "$@"; do
    case $name in
        localhost|127.0.0.1) ;;
        *[!A-Za-z0-9.:-]*) die "'$name' is no host name and no address" ;;
        *:*) names+=,IP:$name ;;
        *[!0-9.]*) names+=,DNS:$name ;;
        *) names+=,IP:$name ;;
    esac
done

mkdir -p "$dir"
cd "$dir"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Every call brings its own configuration: what the machine's openssl.cnf adds is not ours to know.
run() {
    if ! openssl "$@" >"$work/log" 2>&1; then
        cat "$work/log" >&2
        die "openssl $1 failed"
    fi
}

request() { # file name, common name
    printf '[req]\ndistinguished_name=name\nprompt=no\n[name]\nCN=%s\n' "$2" >"$work/request.cnf"
    run genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$1.key"
    run req -new -sha256 -config "$work/request.cnf" -key "$work/$1.key" -out "$work/$1.csr"
}

sign() { # file name, then how it is signed
    local file=$1
    shift
    run x509 -req -sha256 -in "$work/$file.csr" -extfile "$work/extensions.cnf" -set_serial "0x1$(openssl rand -hex 15)" -out "$work/$file.pem" "$@"
    mv "$work/$file.key" "$work/$file.pem" .
    printf '%s\n' "$PWD/$file.pem"
}

make_ca() {
    request ca "Traversal Learning CA $(openssl rand -hex 4)"
    printf 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n' >"$work/extensions.cnf"
    sign ca -days $((days * 10)) -signkey "$work/ca.key"
}

make_certificate() { # file name and common name, usage, subject alternative names
    request "$1" "$1"
    printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=%s\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName=%s\n' \
        "$2" "$3" >"$work/extensions.cnf"
    sign "$1" -days "$days" -CA ca.pem -CAkey ca.key
}

[ -e ca.pem ] || make_ca
if [ ! -e orchestrator.pem ]; then
    make_certificate orchestrator serverAuth "$names"
elif [ $# -gt 0 ]; then
    printf 'kept as it is: %s (delete orchestrator.pem and orchestrator.key to have it for other names)\n' "$PWD/orchestrator.pem" >&2
fi
if [[ $nodes == *-* ]]; then
    if [ ! -e "nodes-$nodes.pem" ]; then
        names="@nodes
[nodes]"
        for ((id = ${nodes%-*}; id <= ${nodes#*-}; id++)); do
            names+="
DNS.$id=node-$id"
        done
        make_certificate "nodes-$nodes" clientAuth "$names"
    fi
else
    for ((id = 1; id <= nodes; id++)); do
        [ -e "node-$id.pem" ] || make_certificate "node-$id" clientAuth "DNS:node-$id"
    done
fi
if [ ! -e token ]; then
    openssl rand -hex 32 >"$work/token"
    mv "$work/token" .
    printf '%s\n' "$PWD/token"
fi
