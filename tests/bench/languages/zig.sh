#!/bin/sh
# usage: zig.sh FOLDER ARGUMENT...
# Zig in a folder: as a command, as a package of Python, or where ./dev deps puts it.
set -eu
tools=$(cd "$(dirname "$0")/../../../build" && pwd)/tools
cd "$1"
shift
export ZIG_GLOBAL_CACHE_DIR="$tools/zig-cache" ZIG_LOCAL_CACHE_DIR="$tools/zig-cache/bench"
for zig in zig "python3 -m ziglang" "$tools/zig/ziglang/zig"; do
    $zig version >/dev/null 2>&1 && exec $zig "$@"
done
echo "zig.sh: error: there is no zig" >&2
exit 1
