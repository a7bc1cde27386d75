#!/bin/sh
# Installs what the other targets need and is missing, on Debian and its relatives.
#
#   scripts/setup.sh build|test|cost
#
# build: to compile the module. test: build, and a real httpd with mod_python and mod_wsgi.
# cost: test, and valgrind. Says in one sentence what to do where it cannot install.
set -eu

# apache2-bin and not apache2: the latter would enable and start a server on port 80.
build="gcc libc6-dev make apache2-dev libclang-dev"
test="$build apache2-bin libapache2-mod-python libapache2-mod-wsgi-py3 media-types curl python3 python3-venv"
test="$test uwsgi-core uwsgi-plugin-python3"
case "${1:-}" in
    build) wanted=$build ;;
    test) wanted=$test ;;
    cost) wanted="$test valgrind" ;;
    *) echo "usage: $0 build|test|cost" >&2; exit 2 ;;
esac

if ! command -v cargo >/dev/null 2>&1; then
    echo "setup: cargo is missing: install Rust 1.88 or newer first (by rustup, or the packages rustc-web and cargo-web)" >&2
    exit 1
fi

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "setup: not a Debian system: install the equivalents of these packages yourself: $wanted" >&2
    echo "setup: on Fedora: gcc make httpd httpd-devel clang-devel mod_wsgi curl valgrind" >&2
    command -v "${APXS:-apxs}" >/dev/null 2>&1
    exit
fi

missing=
for package in $wanted; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1; then
    as_root=sudo
else
    echo "setup: these packages are missing, and only root can install them (there is no sudo):" >&2
    echo "setup:     apt-get install --no-install-recommends$missing" >&2
    exit 1
fi

echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # both are lists of words
{
    $as_root apt-get update -qq
    $as_root apt-get install -qq -y --no-install-recommends $missing >/dev/null
} || {
    echo "setup: apt-get could not install$missing; see its message above" >&2
    exit 1
}
