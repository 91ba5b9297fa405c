#!/bin/sh
# usage: compile_alone.sh LANGUAGE STANDARD HEADER COMPILER [FLAG...]
# Succeeds when a file that includes the header twice and nothing else compiles without a warning.
set -eu
language=$1 standard=$2 header=$3 compiler=$4
shift 4
printf '#include "%s"\n' "$header" "$header" |
    "$compiler" -x "$language" "-std=$standard" -Wall -Wextra -Werror -pedantic -fsyntax-only "$@" -
