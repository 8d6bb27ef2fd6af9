#!/bin/sh
# What the container test needs and no registry gives: docker and docker-compose
# (Debian trixie's, unpacked, not installed) and an image like
# node:24-bookworm-slim, made from Debian packages, this machine's Node and npm,
# and their caches, so that the build inside needs no network.
# Prints two paths: the folder of the docker programs, the image.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hopscope/container
say() { echo "container: $*" >&2; }
for tool in apt-get dpkg-deb mmdebstrap node npm runc iptables; do
	command -v $tool >/dev/null || { say "needs $tool (apt-get install mmdebstrap runc iptables)"; exit 3; }
done
mkdir -p "$cache"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# Debian 12's own docker 20.10 does not know CAP_BPF; trixie's does. runc stays
# the system's: trixie's wants a newer libc.
docker=$cache/docker-26
if [ ! -d "$docker" ]; then
	say 'fetching docker and docker-compose'
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs" "$work/docker"
	mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
		grep -v security | head -n 1)
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	echo "deb [signed-by=$keyring] ${mirror:-http://deb.debian.org/debian} trixie main" >"$work/sources.list"
	: >"$work/status"
	apt() {
		apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
			-o Dir::State="$work" -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" \
			-o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
	}
	apt update >&2
	(cd "$work/debs" && apt download docker.io docker-cli docker-compose containerd tini >&2)
	for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/docker"; done
	mkdir "$docker.$$"
	(cd "$work/docker/usr" && cp sbin/dockerd sbin/docker-proxy bin/docker bin/containerd bin/containerd-shim-runc-v2 \
		libexec/docker/cli-plugins/docker-compose "$docker.$$")
	cp "$work/docker/usr/bin/tini-static" "$docker.$$/docker-init"
	mv "$docker.$$" "$docker"
fi

node=$(node -p process.execPath)
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
packages='libbpf1 iproute2 ethtool clang libbpf-dev linux-libc-dev'
key=$( (echo "$packages"; cat "$root/package-lock.json" "$npm/package.json"; "$node" --version) | sha256sum | cut -c1-16)
image=$cache/node-$key.tar
if [ ! -f "$image" ]; then
	say 'filling an npm cache'
	cp "$root/package.json" "$root/package-lock.json" "$work"
	(cd "$work" && npm ci --cache "$work/npm" --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
	say 'making the base image (half a minute)'
	mmdebstrap --quiet --format=tar --variant=minbase --include=ca-certificates --skip=cleanup/apt \
		--customize-hook="chroot \"\$1\" apt-get install -qq -y --download-only --no-install-recommends $packages" \
		--customize-hook="cp '$node' \"\$1/usr/local/bin/node\"" \
		--customize-hook="mkdir -p \"\$1/usr/local/lib/node_modules\" && cp -r '$npm' \"\$1/usr/local/lib/node_modules/npm\"" \
		--customize-hook='ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/local/bin/npm"' \
		--customize-hook="cp -r '$work/npm' \"\$1/root/.npm\"" \
		--customize-hook='chroot "$1" useradd --uid 1000 --create-home node' \
		bookworm "$image.$$" >&2
	rm -f "$cache"/node-*.tar
	mv "$image.$$" "$image"
fi
echo "$docker"
echo "$image"
