#!/bin/sh
# usage: without_build.sh BUILD STAGE COMMAND...
# Runs a command that cannot see the build tree: it is moved away, as it is for a user. STAGE, inside of it,
# stays. Where the system allows no name space of one's own, as in some containers, it runs as it is.
set -eu
export hidden_build="$1" hidden_stage="$2"
shift 2
# shellcheck disable=SC2016  # for the shell inside
hide='
kept=$(mktemp -d)
mount --bind "$hidden_stage" "$kept"
mount -t tmpfs build "$hidden_build"
mkdir -p "$hidden_stage"
mount --bind "$kept" "$hidden_stage"
umount "$kept" && rmdir "$kept"
test ! -e "$hidden_build/lib" && test -e "$hidden_stage"
'
name_space="unshare --mount"
[ "$(id -u)" -eq 0 ] || name_space="unshare --mount --map-root-user"
if $name_space sh -ec "$hide" 2>/dev/null; then
    exec $name_space sh -ec "$hide"'exec "$@"' sh "$@"
fi
exec "$@"
