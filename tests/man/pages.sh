#!/bin/sh
# usage: pages.sh SOURCES PYTHON
# Makes the man pages and has them looked at by mandoc and by man, those of the two that are there. Status 77:
# neither is.
set -eu
sources=$1 python=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Fails when a function has no page.
"$python" -B "$sources/docs/man/pages.py" "$sources/capi/include/cfutures/cfutures.h" "$folder"

# What has no text of its own leads to another page, which is looked at itself.
pages=$(grep -rL '^\.so ' "$folder")
looked=
# shellcheck disable=SC2086  # a list of files
if command -v mandoc >/dev/null; then
    looked="$looked mandoc"
    # It looks for other pages where this system has its own.
    problems=$(mandoc -T lint -W warning $pages 2>&1 | grep -v 'referenced manual not found' || true)
    [ -z "$problems" ] || { echo "$problems" && exit 1; }
fi
if command -v man >/dev/null && command -v groff >/dev/null; then
    looked="$looked man"
    # shellcheck disable=SC2086
    # Some declarations are longer than a line.
    problems=$(for page in $pages; do
        LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings=w -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null
    done | grep -v "can't break line" || true)
    [ -z "$problems" ] || { echo "$problems" && exit 1; }
fi
[ -n "$looked" ] || exit 77
# A name leads to its noun.
grep -qx '.so man3/cf_future.3' "$folder/man3/cf_future_wait.3"
echo "looked at by$looked: $(echo "$pages" | wc -l) pages"
