"""What a server accepts of the options that a client asks for (RFC 2347, 2348, 2349, 7440)."""

from dataclasses import dataclass

from ovix_tftp.packets import Options

DEFAULT_BLOCK_SIZE = 512
LEAST_BLOCK_SIZE, MOST_BLOCK_SIZE = 8, 65464
MOST_WINDOW_BLOCKS = 32
MOST_WINDOW_BYTES = 64 * 1024
"""What a transfer keeps in memory until it is acknowledged, a block at least."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What holds for a transfer, and the options that the OACK repeats (none: there is none)."""

    block_size: int = DEFAULT_BLOCK_SIZE
    window: int = 1
    """Blocks that are sent before the server waits for an ACK."""
    timeout_s: int | None = None
    """None: the client leaves it to the server."""
    accepted: Options = ()


def agree(options: Options, size: int | None) -> Agreement:
    """Accept what is valid, lower what is too much, and ignore the rest, as RFC 2347 allows.

    ``size`` is that of the file in bytes; None: it isn't known, and ``tsize`` not accepted.
    """
    asked = {name: int(value) for name, value in options if _is_number(value)}
    block_size, window, timeout_s = DEFAULT_BLOCK_SIZE, 1, None
    accepted: dict[bytes, int] = {}
    if (wanted := asked.get(b"blksize", 0)) >= LEAST_BLOCK_SIZE:
        accepted[b"blksize"] = block_size = min(wanted, MOST_BLOCK_SIZE)
    if 1 <= (wanted := asked.get(b"timeout", 0)) <= 255:
        accepted[b"timeout"] = timeout_s = wanted
    if b"tsize" in asked and size is not None:
        accepted[b"tsize"] = size
    if 1 <= (wanted := asked.get(b"windowsize", 0)) <= 65535:
        most = max(1, min(MOST_WINDOW_BLOCKS, MOST_WINDOW_BYTES // block_size))
        accepted[b"windowsize"] = window = min(wanted, most)
    # In the client's order: some look at the first option alone.
    answer = tuple((name, b"%d" % accepted[name]) for name, _ in options if name in accepted)
    return Agreement(block_size, window, timeout_s, answer)


def _is_number(value: bytes) -> bool:
    return value.isdigit() and len(value) <= 20
