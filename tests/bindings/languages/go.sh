#!/bin/sh
# usage: go.sh LIBDIR WORK VERB
# Builds and tests capi/go against the library that is installed at LIBDIR; products go to WORK.
# VERB: test (with the race detector), vet (and the format), or examples, which puts the programs into WORK/bin.
set -eu
libdir=$1 work=$2 verb=$3
cd "$(dirname "$0")/../../../capi/go"
# Go's cache knows flags, and no headers from elsewhere: so the path to it has its sum.
export PKG_CONFIG_PATH="$libdir/pkgconfig" LD_LIBRARY_PATH="$libdir"
prefix=$(realpath "$(pkg-config --variable=prefix cfutures)")
stage=$work/header-$(cksum <"$prefix/include/cfutures/cfutures.h" | cut -d' ' -f1)
mkdir -p "$work"
ln -sfn "$prefix" "$stage"
PKG_CONFIG_PATH=$stage/$(realpath --relative-to="$prefix" "$libdir")/pkgconfig
# Nothing is fetched: the package needs nothing but Go.
export CGO_ENABLED=1 GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-mod=readonly GOWORK=off
case $verb in
    test) go test -race -count=1 -timeout 5m ./... ;;
    vet)
        go vet ./...
        (cd ../../docs/examples/go && go vet ./...)
        unformatted=$(gofmt -l . ../../docs/examples/go)
        [ -z "$unformatted" ] || { gofmt -d $unformatted && exit 1; }
        ;;
    examples)
        cd ../../docs/examples/go
        for program in urls primes tour; do
            go build -o "$work/bin/${program}_go" "./$program"
        done
        ;;
esac
