#!/bin/sh
# usage: bare_compiler.sh INCLUDEDIR LIBDIR COMPILER [FLAG...]
# Builds and runs the C program with -I, -L and -lcfutures alone.
set -eu
source=$(dirname "$0")/program.c includedir=$1 libdir=$2
shift 2
program=$(mktemp)
trap 'rm -f "$program"' EXIT
"$@" -Wall -Wextra -Werror -pedantic "-I$includedir" -o "$program" "$source" \
    "-L$libdir" -lcfutures
LD_LIBRARY_PATH=$libdir "$program"
