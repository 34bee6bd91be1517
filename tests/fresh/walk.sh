#!/bin/bash
# SPDX-License-Identifier: MIT
# Walks the README's two commands on bare Debian systems: make check-fresh SUITE=bookworm|trixie
#
#   walk.sh SUITE [ENVIRONMENT]...     as root
#
#   bare      a machine: everything is mounted, root has all capabilities
#   container mount, pid, ipc, uts and cgroup namespaces of its own, all capabilities
#   chroot    a plain chroot with /proc: no /dev/shm, and its root is no mount point
#   docker    a container with Docker's default capabilities
#   seccomp   the same, and the system calls that Docker's default filter refuses are refused
#   user      a container in which an ordinary user with sudo does it
#
# Each begins with a copy of what debootstrap makes, with nothing but git, make and a clone of HEAD.
# FRESH is the folder for all of it (2 GB for each environment while it runs), MIRROR the Debian
# mirror, COMMANDS what is run. CACHE, which is empty unless it is given, is a folder for what need
# not be had again in each of them: packages that were downloaded, and objects that were compiled
# (ccache is in each system then). The last lines say what came of each; logs stay in FRESH.
set -u
suite=${1:?a suite: bookworm or trixie}
shift
[ $# -gt 0 ] || set -- bare container chroot docker seccomp user
FRESH=${FRESH:-/var/tmp/connledger-fresh}
MIRROR=${MIRROR:-http://deb.debian.org/debian}
CACHE=${CACHE:-}
COMMANDS=${COMMANDS:-"make demo DEMO_SECONDS=3 && make check"}
here=$(cd "$(dirname "$0")" && pwd)
project=$(git -C "$here" rev-parse --show-toplevel)
docker_caps=chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw
docker_caps=-all,+${docker_caps//,/,+},+sys_chroot,+mknod,+audit_write,+setfcap

die() { echo "walk.sh: $*" >&2; exit 2; }
[ "$(id -u)" = 0 ] || die "only root can make a system of its own"
command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install debootstrap"

make_base() {
	[ -e "$FRESH/$suite.done" ] && return
	rm -rf "${FRESH:?}/$suite" && mkdir -p "$FRESH" || exit 2
	debootstrap --variant=minbase --include=git,make,ca-certificates "$suite" "$FRESH/$suite" \
		"$MIRROR" > "$FRESH/$suite.log" 2>&1 || die "debootstrap failed: $FRESH/$suite.log"
	touch "$FRESH/$suite.done"
}

# use_cache ROOT: before the walk begins. A login shell looks into /usr/local/bin, too.
use_cache() {
	[ -n "$CACHE" ] || return 0
	mkdir -p "$CACHE/$suite/archives/partial" "$CACHE/$suite/objects" "$1/var/cache/objects" &&
		chmod 1777 "$CACHE/$suite/objects" || exit 2
	printf '%s\n' "cache_dir = /var/cache/objects" "umask = 000" "hash_dir = false" > "$1/etc/ccache.conf"
	chroot "$1" sh -c "apt-get -qq update && apt-get -qq -y --no-install-recommends install ccache" \
		> /dev/null 2>&1 || die "ccache cannot be installed"
	for compiler in gcc cc clang; do ln -s /usr/bin/ccache "$1/usr/local/bin/$compiler"; done
}
cached="for folder in archives:apt/archives objects:objects; do
	[ -z '$CACHE' ] || mount --bind '$CACHE/$suite/'\${folder%:*} var/cache/\${folder#*:}; done
"

# Run by the shell that is the first process of the environment, in the folder that will be its root.
mounts='
mkdir -p old dev proc sys
mount -t tmpfs -o mode=755 dev dev && mkdir dev/pts dev/shm
for node in null zero full random urandom tty; do touch dev/$node; mount --bind /dev/$node dev/$node; done
ln -s /proc/self/fd dev/fd
for n in 0:stdin 1:stdout 2:stderr; do ln -s /proc/self/fd/${n%:*} dev/${n#*:}; done
mount -t tmpfs -o mode=1777 shm dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts && ln -s pts/ptmx dev/ptmx
mount -t proc proc proc
mount -t sysfs sys sys 2>/dev/null || mount --rbind /sys sys
mountpoint -q sys/fs/cgroup || mount -t cgroup2 cgroup sys/fs/cgroup
'
enter='pivot_root . old && cd / && umount -l /old && exec env -i HOME=/root TERM=xterm PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"'

# in_namespaces ROOT "OPTIONS OF unshare" COMMAND...
in_namespaces() {
	local root=$1 options=$2
	shift 2
	# shellcheck disable=SC2086
	unshare --mount --fork --propagation private $options sh -c \
		"mount --bind '$root' '$root' && cd '$root' || exit; $mounts $cached $enter" sh "$@"
}

in_chroot() {
	local root=$1
	shift
	mount -t proc proc "$root/proc"
	(cd "$root" && sh -c "$cached")
	env -i HOME=/root TERM=xterm PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" "$@"
	local status=$?
	umount -l "$root/proc"
	[ -z "$CACHE" ] || umount -l "$root/var/cache/objects" "$root/var/cache/apt/archives"
	return $status
}

# Services that packages have started, where there is no pid namespace to end with them.
end_processes() {
	local process
	for process in /proc/[0-9]*; do
		case $(readlink "$process/root" 2>/dev/null) in
		"$1" | "$1"/*) kill -9 "${process#/proc/}" ;;
		esac
	done
}

own="--pid --ipc --uts --cgroup"
as_root="cd /root/connledger && $COMMANDS"
add_user="apt-get -qq update && apt-get -qq -y install sudo >/dev/null && useradd -m -s /bin/bash walker &&
	echo 'walker ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/walker &&
	mv /root/connledger /home/walker && chown -R walker: /home/walker/connledger"

walk() {
	local environment=$1 root=$2
	case $environment in
	bare) in_namespaces "$root" "" sh -c "$as_root" ;;
	container) in_namespaces "$root" "$own" sh -c "$as_root" ;;
	chroot) in_chroot "$root" sh -c "$as_root" ;;
	docker) in_namespaces "$root" "$own" setpriv --bounding-set="$docker_caps" --inh-caps=-all sh -c "$as_root" ;;
	seccomp) in_namespaces "$root" "$own" sh -c "apt-get -qq update && apt-get -qq -y install python3 >/dev/null &&
		exec python3 /root/connledger/tests/live/sandbox.py docker setpriv \
		--bounding-set=$docker_caps --inh-caps=-all sh -c '$as_root'" ;;
	user) in_namespaces "$root" "$own" sh -c "$add_user" &&
		in_namespaces "$root" "$own" su - walker -c "cd connledger && $COMMANDS" ;;
	*) die "no such environment: $environment" ;;
	esac
}

make_base
failed=0
results=
for environment; do
	root=$FRESH/$suite-$environment
	log=$root.log
	grep -q " $root" /proc/mounts && die "something is still mounted in $root"
	rm -rf --one-file-system "$root"
	cp -a "$FRESH/$suite" "$root" && cp /etc/resolv.conf "$root/etc/" || exit 2
	git clone -q "$project" "$root/root/connledger" || exit 2
	use_cache "$root"
	echo "== $suite, $environment: $log"
	began=$(date +%s)
	walk "$environment" "$root" > "$log" 2>&1 < /dev/null && verdict=green || { verdict=RED; failed=1; }
	end_processes "$root"
	minutes=$(( ($(date +%s) - began) / 60 ))
	results+=$(printf '%-9s %-10s %-6s %3d min  %s' "$suite" "$environment" "$verdict" "$minutes" \
		"$(grep -E '^[0-9]+ (passed|failed).* in |not run: ' "$log" | tail -n 4 | paste -sd ';')")$'\n'
	[ "$verdict" = green ] || tail -n 30 "$log"
	! grep -q " $root" /proc/mounts && rm -rf --one-file-system "$root"
done
printf '%s' "$results"
exit $failed
