#!/bin/sh
# usage: lintian.sh PACKAGES
# Succeeds when Debian's checker has nothing against the packages in that folder. Status 77: it is not there.
set -eu
command -v lintian >/dev/null || exit 77
lintian --allow-root --fail-on error,warning "$1"/*.deb
