#!/bin/sh
# The `hopscope` command: finds its checkout, prepares what the subcommand needs, runs it.
self=$(readlink -f "$0")
root=$(dirname "$(dirname "$self")")
case ${1:-} in
up) need=lab ;;
agent) need=agent ;;
*) need=server ;;
esac
# Help needs no packages of Debian.
for argument; do
	case $argument in --help | -h | --version) [ "$need" = server ] || need=help ;; esac
done
exec sh "$root/setup/run.sh" --need "$need" -- "$root/hopscope.ts" "$@"
