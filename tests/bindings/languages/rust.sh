#!/bin/sh
# usage: rust.sh LIBDIR WORK VERB
# Builds and tests capi/rust against the library that is installed at LIBDIR; products go to WORK.
# VERB: test, clippy, doc, or examples, which puts the programs into WORK/bin. Status 77: no such tool.
set -eu
libdir=$1 work=$2 verb=$3
cd "$(dirname "$0")/../../../capi/rust"
export PKG_CONFIG_PATH="$libdir/pkgconfig" LD_LIBRARY_PATH="$libdir" CARGO_TARGET_DIR="$work/target"
case $verb in
    test) cargo test --locked ;;
    clippy)
        cargo clippy --version || exit 77
        cargo clippy --locked --all-targets -- -D warnings
        ;;
    doc) RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --package cfutures --package cfutures-sys ;;
    examples)
        cargo build --locked --package cfutures-examples
        mkdir -p "$work/bin"
        for program in urls primes tour; do
            cp "$CARGO_TARGET_DIR/debug/${program}_rust" "$work/bin/"
        done
        ;;
esac
