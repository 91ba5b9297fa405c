#!/bin/sh
# usage: exported_symbols.sh LIBRARY LIST NODE
# Succeeds when the library defines the listed symbols under version NODE, and nothing else.
set -eu
library=$1 list=$2 node=$3
# The version node itself is an absolute symbol; everything else has to be a function.
nm -D --defined-only "$library" |
    sed "s/^[0-9a-f]* //; /^A $node\$/d; s/^T \(.*\)@@$node\$/\1/" |
    LC_ALL=C sort | diff -u --label listed --label exported "$list" -
