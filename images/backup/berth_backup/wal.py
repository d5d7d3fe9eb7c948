"""wal.py: positions in the write-ahead log, and the files that it is cut into."""

# Bytes of a file; the server's own size is read before the first is received.
segment_size = 16 * 1024 * 1024


def lsn(text):
    """A position as a number: `0/3000028` is 50331688."""
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def segment_number(name):
    """How many segments come before one, whatever its timeline."""
    return (int(name[8:16], 16) << 32) // segment_size + int(name[16:24], 16)


def segment_end(name):
    """Position right behind a segment."""
    return (segment_number(name) + 1) * segment_size


def segment_name(timeline, number):
    per_log = (1 << 32) // segment_size
    return f"{timeline:08X}{number // per_log:08X}{number % per_log:08X}"
