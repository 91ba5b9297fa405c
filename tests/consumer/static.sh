#!/bin/sh
# usage: static.sh LIBDIR COMPILER [FLAG...]
# Builds and runs the C program from the static library alone, with what pkg-config says about it.
set -eu
libdir=$1 source=$(dirname "$0")/program.c
shift
export PKG_CONFIG_PATH="$libdir/pkgconfig"
program=$(mktemp)
trap 'rm -f "$program"' EXIT
# The linker is to take libcfutures.a, beside which libcfutures.so lies, and everything else as it likes.
libraries=$(pkg-config --static --libs cfutures | sed 's/-lcfutures/-l:libcfutures.a/')
# shellcheck disable=SC2046,SC2086  # lists of flags
"$@" -Wall -Wextra -Werror -pedantic $(pkg-config --cflags cfutures) -o "$program" "$source" $libraries
# No path of libraries: there is none to find.
"$program"
