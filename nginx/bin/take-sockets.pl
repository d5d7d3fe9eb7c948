# take-sockets.pl COMMAND …: gets the listening sockets from the container that holds them (listener/hold-sockets.pl), and
# becomes COMMAND, which inherits them.
#
# Nginx takes sockets over that its variable NGINX names: this is how it hands them on in an upgrade of its own binary. It
# matches them with its `listen` directives by address. LISTENER is the host name of the container that holds them; until that
# one answers, this program waits.
# https://nginx.org/en/docs/control.html#upgrade
use strict;
use warnings;
use IO::Socket::UNIX;
use POSIX ();

my $door = "/var/lib/berth/state/listener/$ENV{LISTENER}";
my $machine = (POSIX::uname())[4];
my $recvmsg = $machine eq "x86_64" ? 47 : 212;
# The most that one message carries (SCM_MAX_FD). https://man7.org/linux/man-pages/man7/unix.7.html
my $most = 253;

sub started {
    open(my $file, "<", "$door.started") or return "";
    return <$file> // "";
}

sub sockets {
    my $before = started();
    my $holder = IO::Socket::UNIX->new(Peer => $door) or return;
    # As many as Nginx has workers (`worker_processes auto`), beside those for TCP.
    my $workers = int `getconf _NPROCESSORS_ONLN`;
    $holder->print(($workers < $most - 8 ? $workers : $most - 8), "\n");
    $holder->flush;
    my ($text, $rights) = ("\0" x 16, "\0" x (16 + 4 * $most + 8));
    my $parts = pack("P Q", $text, length $text);
    my $message = pack("Q L x4 P Q P Q l x4", 0, 0, $parts, 1, $rights, length $rights, 0);
    syscall($recvmsg, fileno($holder), $message, 0) > 0 or return;
    my ($length) = unpack("Q", $rights);
    my @sockets = $length > 16 ? unpack("x16 l" . ($length - 16) / 4, $rights) : ();
    # A holder that came back while it was asked has opened its door before or after this was read.
    if (started() ne $before) {
        POSIX::close($_) for @sockets;
        return;
    }
    # bin/watch.sh compares it.
    open(my $file, ">", "/run/berth/listener") or die "/run/berth/listener: $!\n";
    print $file $before;
    close $file;
    return @sockets;
}

$SIG{TERM} = $SIG{QUIT} = sub { exit 0 };
my ($tries, @sockets) = (0);
until (@sockets = sockets()) {
    print STDERR "Waiting for container $ENV{LISTENER}, which holds the listening sockets.\n" if ++$tries == 50;
    select undef, undef, undef, 0.2;
}
$ENV{NGINX} = join "", map { "$_;" } @sockets;
exec @ARGV or die "$ARGV[0]: $!\n";
