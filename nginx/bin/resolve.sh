# resolve.sh: functions for finding replicas. Other scripts read it with `.`.
# shellcheck shell=sh

# on_own_network ADDRESS: whether an IPv4 address is on a network that this container is on.
#
# The kernel's table of routes has 32-bit numbers in the machine's byte order, which is little-endian wherever Nginx's
# images run. Routes without a gateway are the container's own networks.
on_own_network() {
    number=$(printf '%s\n' "$1" | awk -F. 'NF == 4 { print $1 + $2 * 256 + $3 * 65536 + $4 * 16777216 }')
    [ -n "$number" ] || return 1
    while read -r _ network gateway _ _ _ _ mask _; do
        case $gateway in 00000000) ;; *) continue ;; esac
        case $mask in 00000000) continue ;; esac
        if [ $((number & 0x$mask)) -eq $((0x$network)) ]; then return 0; fi
    done </proc/net/route
    return 1
}

# address_of NAME: prints the address of a container; nothing if it has none.
#
# Docker passes names that it does not know on to the host's resolver. The dot at the end keeps a search domain from being
# added there. An address outside of the container's own networks is a stranger's, and requests hold visitors' cookies.
address_of() {
    found=$(getent ahostsv4 "${1%.}." | awk 'NR == 1 { print $1 }')
    if [ -n "$found" ] && on_own_network "$found"; then printf '%s\n' "$found"; fi
}

# state_of NAME: `out` if the replica is out of service, otherwise `in`.
state_of() {
    if [ -e "/var/lib/berth/state/out-of-service/$1" ]; then echo out; else echo in; fi
}
