"""Options are accepted, lowered or ignored, and never end a transfer (acceptance I8, I9)."""

import pytest
from ovix_tftp.options import Agreement, agree
from ovix_tftp.packets import Options


def test_accepted_options_are_answered_in_the_order_of_the_client() -> None:
    asked = ((b"tsize", b"0"), (b"timeout", b"7"), (b"x", b"y"), (b"blksize", b"1428"))
    assert agree(asked, size=1300) == Agreement(
        block_size=1428,
        timeout_s=7,
        accepted=((b"tsize", b"1300"), (b"timeout", b"7"), (b"blksize", b"1428")),
    )


@pytest.mark.parametrize(
    "asked",
    [
        ((b"blksize", b"4"),),
        ((b"blksize", b"7"),),
        ((b"blksize", b"abc"),),
        ((b"blksize", b"-8"),),
        ((b"blksize", b""),),
        ((b"blksize", b"9" * 500),),
        ((b"timeout", b"0"),),
        ((b"timeout", b"256"),),
        ((b"windowsize", b"0"),),
        ((b"windowsize", b"65536"),),
        ((b"unheard", b"of"),),
    ],
)
def test_invalid_and_unknown_options_are_ignored(asked: Options) -> None:
    assert agree(asked, size=1) == Agreement()


@pytest.mark.parametrize(("asked", "given"), [(b"8", 8), (b"65464", 65464), (b"70000", 65464)])
def test_block_sizes_are_lowered_to_what_is_possible(asked: bytes, given: int) -> None:
    agreed = agree(((b"blksize", asked),), size=None)
    assert (agreed.block_size, agreed.accepted) == (given, ((b"blksize", b"%d" % given),))


def test_the_size_of_a_file_that_nobody_knows_is_not_told() -> None:
    assert agree(((b"tsize", b"0"),), size=None) == Agreement()
    assert agree(((b"tsize", b"0"),), size=0).accepted == ((b"tsize", b"0"),)


@pytest.mark.parametrize(
    ("block_size", "asked", "given"),
    [(512, 4, 4), (512, 65535, 32), (1428, 64, 32), (8192, 64, 8), (65464, 16, 1)],
)
def test_a_window_holds_a_bounded_number_of_bytes(block_size: int, asked: int, given: int) -> None:
    agreed = agree(((b"blksize", b"%d" % block_size), (b"windowsize", b"%d" % asked)), None)
    assert agreed.window == given
