#!/bin/sh
# usage: package.sh CPACK BUILD STAGE
# Makes the Debian packages and unpacks them under STAGE/debian, where the other tests use them. Status 77:
# this is no Debian.
set -eu
cpack=$1 build=$2 stage=$3
command -v dpkg-shlibdeps >/dev/null || exit 77
packages=$stage/packages root=$stage/debian
rm -rf "$packages" "$root"
mkdir -p "$packages" "$root"
cd "$build"
"$cpack" -G DEB -B "$packages"
for package in "$packages"/*.deb; do
    dpkg-deb --extract "$package" "$root"
done
# What each package is there for.
ls "$root"/usr/lib/*/libcfutures.so.0.1 "$root/usr/include/cfutures/cfutures.h" "$root/usr/bin/cfutures-worker"
# Nothing but documentation is in two of them.
for package in "$packages"/*.deb; do
    dpkg-deb --contents "$package" | sed -n 's/^[-l].* \.\(\/[^ ]*\).*/\1/p'
done | sort | uniq -d | grep . && exit 1
grep -rIl "$build" "$root" && exit 1
exit 0
