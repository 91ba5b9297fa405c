#!/bin/sh
# usage: stage.sh CMAKE BUILD STAGE
# Installs the build under STAGE and moves the tree to STAGE/moved, where the other tests use it.
set -eu
cmake=$1 build=$2 stage=$3
rm -rf "$stage/installed" "$stage/moved"
"$cmake" --install "$build" --prefix "$stage/installed"
mv "$stage/installed" "$stage/moved"
if grep -rIl "$stage/installed\|$build" "$stage/moved"; then
    echo "these installed files name the place where they were built or installed" >&2
    exit 1
fi
