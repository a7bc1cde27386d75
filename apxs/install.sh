#!/bin/sh
# Installs the module that `cargo build --release` made.
#
#   APXS=apxs DESTDIR= apxs/install.sh
#
# With a Debian layout (mods-available) it adds pyguard.load and pyguard.conf, for `a2enmod pyguard`.
# Elsewhere it prints the line for httpd.conf. Nothing is enabled or restarted.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
apxs=${APXS:-apxs}
dest=${DESTDIR:-}
built=${CARGO_TARGET_DIR:-$here/../target}/release/libmod_pyguard.so

[ -f "$built" ] || { echo "install: $built is missing: run make build first" >&2; exit 1; }
modules=$("$apxs" -q LIBEXECDIR) || { echo "install: $apxs does not run: install apache2-dev or httpd-devel, or set APXS" >&2; exit 1; }
config=$("$apxs" -q SYSCONFDIR)

install -d "$dest$modules"
install -m 644 "$built" "$dest$modules/mod_pyguard.so"
echo "installed $dest$modules/mod_pyguard.so"

if [ -d "$config/mods-available" ] || [ -d "$dest$config/mods-available" ]; then
    install -d "$dest$config/mods-available"
    load="$dest$config/mods-available/pyguard.load"
    conf="$dest$config/mods-available/pyguard.conf"
    printf 'LoadModule pyguard_module %s/mod_pyguard.so\n' "$modules" >"$load"
    echo "installed $load"
    # An administrator's own settings stay.
    if [ -f "$conf" ]; then
        echo "kept $conf"
    else
        install -m 644 "$here/pyguard.conf" "$conf"
        echo "installed $conf"
    fi
    [ -n "$dest" ] || echo "now: a2enmod pyguard && apachectl configtest && apachectl graceful"
else
    echo "now add this line to httpd.conf: LoadModule pyguard_module $modules/mod_pyguard.so"
fi
