#!/bin/sh
# usage: zig.sh LIBDIR WORK VERB
# Builds and tests capi/zig against the library that is installed at LIBDIR; products go to WORK.
# VERB: test, format, or examples, which puts the programs into WORK/bin. Status 77: no such tool.
set -eu
libdir=$1 work=$2 verb=$3
cd "$(dirname "$0")/../../.."
export PKG_CONFIG_PATH="$libdir/pkgconfig" LD_LIBRARY_PATH="$libdir"
# Two builds of the library share one cache, since what costs time is the build tool of Zig itself. It is
# compiled on first use: in a seventh of the time where nobody asks it to be fast.
export ZIG_GLOBAL_CACHE_DIR="$PWD/build/tools/zig-cache" ZIG_LOCAL_CACHE_DIR="$work/cache" ZIG_DEBUG_CMD=1

# As a command, as a package of Python, or where ./dev deps puts it.
for zig in zig "python3 -m ziglang" build/tools/zig/ziglang/zig ""; do
    [ -n "$zig" ] || exit 77
    $zig version 2>/dev/null && break
done
case $zig in build/*) zig=$PWD/$zig ;; esac

case $verb in
    test) cd capi/zig && $zig build test --cache-dir "$work/cache" ;;
    format) $zig fmt --check capi/zig docs/examples/zig ;;
    examples)
        cd docs/examples/zig
        $zig build --cache-dir "$work/cache" --prefix "$work"
        ;;
esac
