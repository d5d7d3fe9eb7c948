# hold-sockets.pl PORT …: opens the proxy's listening sockets and hands them to every Nginx that asks for them.
#
# Nginx gets them as it gets them in an upgrade of its own binary (bin/take-sockets.pl). All of them accept from the same
# queue, so one can take the place of another and no connection is refused or lost. The sockets outlive a crash of Nginx as
# well: connections wait until it is back.
#
# A PORT is a TCP port, or a UDP port if it ends in `/udp`. Beside the socket that Nginx asks at lies a file `.started`: if it
# has changed, this program came back, and Nginx must ask again.
# https://man7.org/linux/man-pages/man7/unix.7.html (SCM_RIGHTS)
use strict;
use warnings;
use Fcntl;
use IO::Socket::UNIX;
use POSIX ();
use Socket;

my $folder = "/var/lib/berth/state/listener";
# Perl's Socket lacks these. Numbers of Linux, which are the same on every machine that Docker runs on.
my ($SO_REUSEPORT, $SO_ATTACH_REUSEPORT_CBPF, $SCM_RIGHTS) = (15, 51, 1);
my ($hostname, $machine) = (POSIX::uname())[1, 4];
my $sendmsg = $machine eq "x86_64" ? 46 : 211;

sub bound {
    my ($type, $port) = @_;
    socket(my $socket, PF_INET, $type, 0) or die "A socket for port $port: $!\n";
    setsockopt($socket, SOL_SOCKET, $_, 1) or die "An option for port $port: $!\n" for SO_REUSEADDR, $SO_REUSEPORT;
    bind($socket, pack_sockaddr_in($port, INADDR_ANY)) or die "Port $port: $!\n";
    # Nginx does not set it on a socket that it was given.
    fcntl($socket, F_SETFL, fcntl($socket, F_GETFL, 0) | O_NONBLOCK) or die "Port $port: $!\n";
    return $socket;
}

sub listening_on {
    my ($port) = @_;
    open(my $table, "<", "/proc/net/tcp") or die "/proc/net/tcp: $!\n";
    # Local address and port in hexadecimal digits, remote address, state 0A: listening.
    return scalar grep { /^\s*\d+: [0-9A-F]{8}:([0-9A-F]{4}) \S+ 0A / && hex($1) == $port } <$table>;
}

# An Nginx of an earlier version has sockets of its own on the port, in a container that it is about to leave to this program.
# New connections come to the one here alone, so that none is in a queue of the others when they are closed. The kernel asks a
# filter which of a port's sockets gets a connection, by their age from 0. This one returns a constant (BPF_RET, BPF_K).
# https://man7.org/linux/man-pages/man7/socket.7.html (SO_ATTACH_REUSEPORT_CBPF)
sub steer {
    my ($socket, $index) = @_;
    my $filter = pack("S C C L", 0x06, 0, 0, $index);
    setsockopt($socket, SOL_SOCKET, $SO_ATTACH_REUSEPORT_CBPF, pack("S x6 P", 1, $filter)) or warn "Steering: $!\n";
}

# Opened when the first Nginx asks, which has tested its configuration then: before that nobody would accept.
my %kept;

sub kept {
    my ($port) = @_;
    return $kept{$port} if $kept{$port};
    my $older = listening_on($port);
    my $socket = bound(SOCK_STREAM, $port);
    listen($socket, SOMAXCONN) or die "Port $port: $!\n";
    steer($socket, $older) if $older > 0;
    return $kept{$port} = $socket;
}

# HTTP/3 needs a UDP socket for each worker, because the kernel chooses the worker by the socket. They are fresh for each
# Nginx: two that read from one would lose each other's packets.
sub sockets_of {
    my ($wanted, $workers) = @_;
    my ($port, $udp) = $wanted =~ m{^(\d+)(/udp)?$} or die "$wanted is no port\n";
    return $udp ? map { bound(SOCK_DGRAM, $port) } 1 .. $workers : kept($port);
}

sub hand_over {
    my ($client, @sockets) = @_;
    my $text = "sockets";
    my $parts = pack("P Q", $text, length $text);
    my $rights = pack("Q l l l*", 16 + 4 * @sockets, SOL_SOCKET, $SCM_RIGHTS, map { fileno $_ } @sockets);
    $rights .= "\0" x (-length($rights) % 8);
    my $message = pack("Q L x4 P Q P Q l x4", 0, 0, $parts, 1, $rights, length $rights, 0);
    syscall($sendmsg, fileno($client), $message, 0) >= 0 or warn "An Nginx got no sockets: $!\n";
}

my @ports = @ARGV or die "hold-sockets.pl needs a port\n";
$SIG{TERM} = $SIG{QUIT} = sub { exit 0 };
$SIG{PIPE} = "IGNORE";
umask 0077;
mkdir $folder;
unlink "$folder/$hostname";
# Another one for each start, and there before the door is: who was handed sockets can tell whose they are.
open(my $random, "<", "/proc/sys/kernel/random/uuid") or die "/proc/sys/kernel/random/uuid: $!\n";
open(my $started, ">", "$folder/$hostname.next") or die "$folder/$hostname.next: $!\n";
print {$started} scalar <$random>;
close $started;
rename "$folder/$hostname.next", "$folder/$hostname.started" or die "$folder/$hostname.started: $!\n";
my $door = IO::Socket::UNIX->new(Local => "$folder/$hostname", Listen => 16) or die "$folder/$hostname: $!\n";
while (1) {
    my $client = $door->accept or next;
    # One that says nothing must not keep the others waiting.
    setsockopt($client, SOL_SOCKET, SO_RCVTIMEO, pack("q q", 2, 0));
    my ($workers) = (<$client> // "") =~ /^(\d{1,3})$/ or next;
    hand_over($client, map { sockets_of($_, $workers) } @ports);
}
