#!/usr/bin/env bash
# Writes a slim Debian root file system to stdout as a tar, for `docker import`; everything it says goes to stderr.
#
#   images/debian/bootstrap.sh [--suite trixie] [--architecture amd64] [--mirror URL] [--security-mirror URL] > rootfs.tar
#
# Mirrors default to BERTH_DEBIAN_MIRROR and BERTH_DEBIAN_SECURITY_MIRROR, else to the ones this machine's apt is set
# to, else to deb.debian.org. They have to speak plain HTTP, since the image has no CA certificates to begin with; packages
# are checked against Debian's archive keys whichever mirror sends them. Two runs over the same archive give the same bytes.
# Exit codes: 0 done, 1 a step failed, 2 wrong arguments, 3 this machine lacks something (the message says what to do).
set -euo pipefail
export LC_ALL=C

suite=trixie
architecture=
mirror=${BERTH_DEBIAN_MIRROR:-}
security_mirror=${BERTH_DEBIAN_SECURITY_MIRROR:-}
# One date for every file, so that the same packages make the same image: the day trixie was released.
readonly timestamp=1754697600
readonly keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The prefix tells these lines from what debootstrap and apt write.
say() { printf 'bootstrap: %s\n' "$*" >&2; }
fail() {
  local code=$1
  shift
  say "$@"
  exit "$code"
}

while (($#)); do
  case $1 in
    --suite | --architecture | --mirror | --security-mirror)
      (($# > 1)) || fail 2 "$1 needs a value."
      declare "$(tr - _ <<<"${1#--}")=$2"
      shift 2
      ;;
    --help)
      sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"
      exit 0
      ;;
    *) fail 2 "Unknown argument: $1 (see --help)." ;;
  esac
done

((EUID == 0)) || {
  say "Building the Debian base image needs root here, because it unpacks files of many owners. Do one of:"
  say " - run the same command once as root (sudo); the image then serves every user of this Docker engine;"
  say " - give Docker a way to its registry, and set imageSource to official or auto;"
  say " - bring the image from a machine that has it: docker save berth/debian:TAG | docker load."
  exit 3
}

install_debootstrap() {
  [[ -r $keyring ]] && command -v debootstrap >/dev/null && return
  command -v apt-get >/dev/null || fail 3 \
    "debootstrap or Debian's archive keyring is missing, and this machine has no apt-get to install them." \
    "Install your distribution's debootstrap and debian-archive-keyring packages, then run this again."
  say "Installing debootstrap."
  apt-get -qq update >&2
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
    debootstrap debian-archive-keyring gpgv wget >&2
}

# Prints the address of the first configured HTTP mirror of the Debian archive with this label ("Debian" or "Debian-Security").
configured_mirror() {
  command -v apt-get >/dev/null || return 0
  # The braces are apt's own syntax.
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -F'|' -v label="$1" '$1 == "Debian" && $2 == label && $3 ~ "^http:" { sub("/$", "", $3); print $3; exit }' || true
}

cleanup() {
  # debootstrap leaves /proc mounted in the target when it is interrupted; removing through it would be a disaster.
  local mounted
  while read -r mounted; do umount -l -- "$mounted" || true; done \
    < <(awk -v root="$root/" 'index($2, root) == 1 { print $2 }' /proc/self/mounts | sort -r)
  rm -rf --one-file-system -- "$root"
}

# Removes what earlier runs left when they were killed: a root file system whose process id is gone.
remove_abandoned() {
  local abandoned owner
  for abandoned in "${TMPDIR:-/var/tmp}"/berth-debian.*; do
    # Everyone may make a folder of this name there; only root's own is removed.
    [[ -d $abandoned && ! -L $abandoned && -O $abandoned ]] || continue
    owner=${abandoned##*/berth-debian.}
    kill -0 "${owner%%.*}" 2>/dev/null || root=$abandoned cleanup
  done
}

slim() {
  cat >"$root/etc/dpkg/dpkg.cfg.d/slim" <<'CONFIG'
# Containers are not read by people. Licence texts (copyright) stay.
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/groff/*
path-exclude=/usr/share/lintian/*
path-exclude=/usr/share/locale/*
path-include=/usr/share/locale/locale.alias
CONFIG
  find "$root/usr/share/doc" ! -type d ! -name copyright -delete
  find "$root"/usr/share/{man,info,groff,lintian} ! -type d -delete 2>/dev/null || true
  find "$root/usr/share/locale" ! -type d ! -name locale.alias -delete
  find "$root"/usr/share/{doc,locale,lintian} -mindepth 1 -type d -empty -delete 2>/dev/null || true
}

# Programs that run as another user than their caller. Images drop root themselves (setpriv), and nothing regains it.
drop_setuid() {
  find "$root" -xdev -type f -perm /6000 -exec chmod a-s '{}' +
}

configure() {
  cat >"$root/etc/apt/sources.list.d/debian.sources" <<SOURCES
Types: deb
URIs: $mirror
Suites: $suite $suite-updates
Components: main
Signed-By: $keyring

Types: deb
URIs: $security_mirror
Suites: $suite-security
Components: main
Signed-By: $keyring
SOURCES
  rm -f "$root/etc/apt/sources.list"
  cat >"$root/etc/apt/apt.conf.d/container" <<'CONFIG'
APT::Install-Recommends "false";
APT::Keep-Downloaded-Packages "false";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::AutoRemove::SuggestsImportant "false";
Acquire::Languages "none";
Acquire::Retries "3";
CONFIG
  # A package's start script must not start a daemon while an image is built.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 0755 "$root/usr/sbin/policy-rc.d"
  # One fsync per unpacked file buys nothing in an image build.
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
}

# What differs from machine to machine or from run to run.
forget_the_builder() {
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/cache/ldconfig/* "$root"/var/log/* \
    "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old "$root"/etc/*- "$root"/tmp/* "$root"/run/* \
    "$root"/etc/hostname "$root"/debootstrap
  rm -f "$root/etc/resolv.conf"
  install -m 0644 /dev/null "$root/etc/resolv.conf"
  : >"$root/etc/machine-id"
  sed -i -E 's/^([^:]*:[^:]*:)[0-9]+:/\120309:/' "$root/etc/shadow"
}

install_debootstrap
own=$(dpkg --print-architecture 2>/dev/null || uname -m)
[[ ${architecture:-$own} == "$own" ]] || fail 3 \
  "The Docker engine's machine is $architecture and this one is $own: bootstrap on a machine of its kind," \
  "bring the image with docker save | docker load, or set imageSource to official."
remove_abandoned
mirror=${mirror:-$(configured_mirror Debian)}
mirror=${mirror:-http://deb.debian.org/debian}
security_mirror=${security_mirror:-$(configured_mirror Debian-Security)}
security_mirror=${security_mirror:-http://deb.debian.org/debian-security}
for address in "$mirror" "$security_mirror"; do
  [[ $address == http://* ]] || fail 3 "The Debian mirror $address has to be an http:// address." \
    "Set BERTH_DEBIAN_MIRROR and BERTH_DEBIAN_SECURITY_MIRROR to mirrors that speak plain HTTP."
done

root=$(mktemp -d "${TMPDIR:-/var/tmp}/berth-debian.$$.XXXXXX")
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
# mktemp makes it private; as the image's / it must be open to every user.
chmod 0755 "$root"

# Every Debian release is bootstrapped by the same script; older debootstraps do not know the newest name.
script=/usr/share/debootstrap/scripts/$suite
[[ -e $script ]] || script=/usr/share/debootstrap/scripts/sid
say "Bootstrapping Debian $suite from $mirror."
debootstrap --variant=minbase --force-check-gpg --keyring="$keyring" "$suite" "$root" "$mirror" "$script" >&2

configure
slim
say "Applying updates from $security_mirror."
chroot "$root" apt-get -qq update >&2
DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get -qq -y dist-upgrade >&2
drop_setuid
forget_the_builder

say "Packing the root file system."
# File capabilities live in xattrs; the times that this format would add differ from run to run.
tar --create --directory "$root" --numeric-owner --sort=name --mtime="@$timestamp" \
  --format=posix --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime --xattrs --xattrs-include='security.*' \
  --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' .
