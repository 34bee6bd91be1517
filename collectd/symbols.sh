#!/bin/sh
# SPDX-License-Identifier: MIT
# symbols.sh - what a plugin may show and need: symbols.sh PLUGIN [DAEMON]
#
# Only module_register may be visible: the daemon's own symbols would otherwise take the place of
# ours. What no library has, the daemon must have: it is looked for when collectd loads the plugin,
# and one that is missing is an error then. Without a daemon at hand this is left out.
set -eu
export LC_ALL=C
plugin=$1
daemon=${2:-}

shown=$(nm -D --defined-only "$plugin" | awk '{ print $3 }')
if [ "$shown" != module_register ]; then
	echo "$plugin: shows other symbols than module_register:" $shown >&2
	exit 1
fi
if [ -z "$daemon" ] || [ ! -x "$daemon" ]; then
	exit 0
fi
# A symbol of a shared library most often carries its version; a weak one (w) need not be there;
# sanitizers are loaded before the daemon.
names() {
	nm -D "$@" | awk '$(NF - 1) != "w" { sub(/@.*/, "", $NF); print $NF }' | sort -u
}
there=$plugin.there
for library in "$daemon" $(ldd "$plugin" | awk '/=> \// { print $3 }'); do
	names --defined-only "$library"
done | sort -u >"$there"
missing=$(names --undefined-only "$plugin" | grep -Ev '^__(asan|ubsan|lsan|tsan|sanitizer)_' |
	comm -23 - "$there")
rm -f "$there"
if [ -n "$missing" ]; then
	echo "$plugin: symbols that neither collectd nor a library has:" $missing >&2
	exit 1
fi
