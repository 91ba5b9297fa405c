#!/bin/sh
# usage: uninstall.sh CMAKE BUILD DESTDIR
# Succeeds when the uninstall target removes every file that an installation under DESTDIR wrote.
set -eu
cmake=$1 build=$2
export DESTDIR="$3"
rm -rf "$DESTDIR"
"$cmake" --install "$build" --prefix /opt/cfutures
test -f "$DESTDIR/opt/cfutures/include/cfutures/cfutures.h"
"$cmake" --build "$build" --target uninstall
test -z "$(find "$DESTDIR" ! -type d | tee /dev/stderr)"
