"""What values do in Python 2 and no longer do: asked by translated packages at run time.

Texts of such a package are texts of Python 3, and stay so: its ``.encode('ascii')`` means "a text
of these characters only". Bytes it meets in files and on the wire are bytes.
"""

import builtins
import codecs
import functools
import io
import operator
import os
from collections.abc import Callable
from typing import Any

from .python2_tree import PREFIX


def decode(value: Any, encoding: str = "ascii", errors: str = "strict") -> Any:
    """A text stays the text that it is."""
    if isinstance(value, bytes | bytearray):
        return value.decode(encoding, errors)
    if isinstance(value, str):
        if _is_of_texts(encoding):
            return value
        return _recoded(codecs.getdecoder(encoding), value.encode("latin-1"))
    return value.decode(encoding, errors)


def encode(value: Any, encoding: str = "ascii", errors: str = "strict") -> Any:
    """The text of those characters that the encoding has; raises UnicodeEncodeError as ever."""
    if isinstance(value, bytes | bytearray):
        return value
    if isinstance(value, str):
        if _is_of_texts(encoding):
            return value.encode(encoding, errors).decode(encoding, errors)
        return _recoded(codecs.getencoder(encoding), value.encode("utf-8"))
    return value.encode(encoding, errors)


def _recoded(coder: Callable[..., tuple[Any, int]], value: bytes) -> str:
    """By a codec between bytes, such as ``hex``."""
    result, _ = coder(value)
    return str(result.decode("latin-1"))


def _is_of_texts(encoding: str) -> bool:
    return codecs.lookup(encoding)._is_text_encoding


def divide(left: Any, right: Any) -> Any:
    """Rounds down between integers."""
    if isinstance(left, int) and isinstance(right, int):
        return left // right
    return left / right


@functools.total_ordering
class _Ordered:
    """Anything has a place: None, then numbers, then the rest by the names of their types."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Ordered) and bool(self.value == other.value)

    def __lt__(self, other: "_Ordered") -> bool:
        try:
            return bool(self.value < other.value)
        except TypeError:
            return _place(self.value) < _place(other.value)

    __hash__ = None  # type: ignore[assignment]  # only ever compared


def _place(value: Any) -> tuple[int, str]:
    if value is None:
        return 0, ""
    if isinstance(value, int | float):
        return 1, ""
    return 2, type(value).__name__


def _ordering(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def compared(left: Any, right: Any) -> Any:
        try:
            return compare(left, right)
        except TypeError:
            return compare(_place(left), _place(right))

    return compared


def _keyed(key: Callable[[Any], Any] | None, cmp: Any) -> Callable[[Any], Any]:
    if cmp is not None:
        compared = functools.cmp_to_key(cmp)
        return (lambda each: compared(key(each))) if key else compared
    return (lambda each: _Ordered(key(each))) if key else _Ordered


def sort(values: Any, cmp: Any = None, key: Any = None, reverse: bool = False) -> Any:
    """A list's own ``sort``."""
    if not isinstance(values, list):
        return values.sort(key=key, reverse=reverse)
    return values.sort(key=_keyed(key, cmp), reverse=reverse)


def python2_sorted(values: Any, cmp: Any = None, key: Any = None, reverse: bool = False) -> Any:
    """Of anything."""
    return builtins.sorted(values, key=_keyed(key, cmp), reverse=reverse)


def python2_cmp(left: Any, right: Any) -> int:
    """Less, equal, greater as -1, 0, 1."""
    if left == right:
        return 0
    return -1 if _Ordered(left) < _Ordered(right) else 1


class _Writer(io.BufferedWriter):
    """A binary file that takes texts too: Python 2 did not part them."""

    def write(self, data: Any, /) -> int:
        return super().write(data.encode("utf-8") if isinstance(data, str) else data)


def python2_open(name: Any, mode: str = "r", buffering: int = -1) -> Any:
    """Python 2's ``open``: texts are UTF-8."""
    if "b" in mode and mode[0] in "wa" and "+" not in mode:
        return _Writer(io.FileIO(os.fspath(name), mode.replace("b", "")))
    encoding = None if "b" in mode else "utf-8"
    return builtins.open(name, mode.replace("U", ""), buffering, encoding)  # noqa: PTH123


BUILTINS: dict[str, Any] = {
    **vars(builtins),
    "cmp": python2_cmp,
    "file": python2_open,
    "open": python2_open,
    "sorted": python2_sorted,
    "unichr": chr,
    **{PREFIX + each.__name__: each for each in (decode, divide, encode, sort)},
    **{PREFIX + name: _ordering(getattr(operator, name)) for name in ("lt", "le", "gt", "ge")},
}
"""The built-in names of a translated package."""
