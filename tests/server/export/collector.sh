#!/bin/sh
# Prints the path of a real OpenTelemetry Collector, building it first where
# there is none: Debian's library (sid), Debian's Go, nothing installed. The
# system's apt is not touched; all lives in one cache folder.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hopscope/otelcol
key=$(cat "$here/collector.go" "$here/collector.packages" "$0" | sha256sum | cut -c1-16)
binary=$cache/otelcol-$key
say() { echo "collector: $*" >&2; }

if [ -x "$binary" ]; then
	echo "$binary"
	exit 0
fi
for tool in apt-get dpkg-deb sha256sum; do
	command -v $tool >/dev/null || { say "needs $tool: it is built from Debian packages"; exit 3; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap "exit 130" INT TERM
mkdir -p "$cache" "$work/lists/partial" "$work/cache/archives/partial" "$work/debs" "$work/root" "$work/gopath" "$work/tmp"

# The mirror this machine uses already, with the suite exchanged for sid.
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
	grep -v security | head -n 1)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] ${mirror:-http://deb.debian.org/debian} sid main" >"$work/sources.list"
: >"$work/status"
apt() {
	apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State="$work" -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" \
		-o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}
say "reading sid's package list"
apt update >&2
go=$(apt-cache -o Dir::State="$work" -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" \
	-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Cache="$work/cache" \
	depends --no-recommends golang-go | sed -n 's/.*Depends: \(golang-[0-9.]*-go\).*/\1/p' | head -n 1)
say "downloading ${go:-Go} and the Collector's sources (about 130 MB)"
# shellcheck disable=SC2046
(cd "$work/debs" && apt download "$go" "${go%-go}-src" $(grep -v '^#' "$here/collector.packages") >&2)
for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/root"; done

say "building (one to two minutes)"
ln -s "$work/root/usr/share/gocode/src" "$work/gopath/src"
root=$work/root/usr/lib/${go%-go}
root=$(echo "$root" | sed 's/golang-\([0-9.]*\)$/go-\1/')
env GOROOT="$root" GOPATH="$work/gopath" GOCACHE="$work/gocache" GOTMPDIR="$work/tmp" \
	GO111MODULE=off CGO_ENABLED=0 GOFLAGS= \
	"$root/bin/go" build -o "$binary.$$" "$here/collector.go" >&2
mv "$binary.$$" "$binary"
say "built $binary"
echo "$binary"
