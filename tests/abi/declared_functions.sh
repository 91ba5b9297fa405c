#!/bin/sh
# usage: declared_functions.sh HEADER LIST COMPILER
# Succeeds when the header declares the listed functions and no other.
set -eu
header=$1 list=$2 compiler=$3
"$compiler" -E -P "$header" | tr '\n' ' ' | grep -oE '\bcf_[a-z0-9_]+ ?\(' | tr -d ' (' |
    LC_ALL=C sort -u | diff -u --label listed --label declared "$list" -
