#!/bin/sh
# usage: pkg_config.sh LIBDIR PACKAGE SOURCE COMPILER [FLAG...]
# Builds and runs a program with what pkg-config says about PACKAGE.
set -eu
libdir=$1 package=$2 source=$(dirname "$0")/$3
shift 3
export PKG_CONFIG_PATH="$libdir/pkgconfig"
program=$(mktemp)
trap 'rm -f "$program"' EXIT
# shellcheck disable=SC2046  # lists of flags
"$@" -Wall -Wextra -Werror -pedantic $(pkg-config --cflags "$package") -o "$program" "$source" \
    $(pkg-config --libs "$package")
LD_LIBRARY_PATH=$libdir "$program"
