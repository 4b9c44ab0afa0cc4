"""``format_columns``: the fields that displays show, made of a source's own.

``{firstname} {lastname}``, ``{extensions[0]}``, ``{numbers_by_label[mobile]}``: keys and positions
of data, and nothing else that Python's formatting knows (reference/dird.md, A10).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any, TypeAlias

MAX_RESULT = 4096
"""Characters of one formatted field; longer results are cut."""

_PATH = re.compile(r"(?P<first>[^.\[\]]+)(?P<rest>(?:\.[^.\[\]]+|\[[^\[\]]+\])*)")
_STEP = re.compile(r"\.([^.\[\]]+)|\[([^\[\]]+)\]")


@dataclass(frozen=True, slots=True)
class _Field:
    """What stands between two braces."""

    written: str
    """A source's field may have dots and brackets in its own name: it is looked for first."""
    first: str
    steps: tuple[str | int, ...]


_Piece: TypeAlias = str | _Field


class InvalidTemplate(ValueError):
    """A template that can't be read, or wants more of formatting than keys and positions."""


def compile_columns(
    format_columns: Mapping[str, str],
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Templates by field, as a function that gives the fields of one contact with theirs on top.

    A missing key or a null counts as nothing; blanks around a result are dropped, and an empty
    result is None. A template sees the source's own fields, and the results of those before it
    under names that the source does not have. A path that leads nowhere makes the whole result
    None. Raises `InvalidTemplate`.
    """
    compiled = [(name, compile_template(template)) for name, template in format_columns.items()]
    if named_fields(format_columns).isdisjoint(format_columns):
        # Most often: then a lookup's thousands need no copy of what a template sees.
        return lambda fields: {**fields, **{name: render(fields) for name, render in compiled}}

    def with_columns(fields: Mapping[str, Any]) -> dict[str, Any]:
        seen = dict(fields)
        results: dict[str, Any] = {}
        for name, render in compiled:
            results[name] = render(seen)
            seen.setdefault(name, results[name])
        return {**fields, **results}

    return with_columns


def compile_template(template: str) -> Callable[[Mapping[str, Any]], str | None]:
    """One template as a function of a contact's fields. Raises `InvalidTemplate`."""
    pieces = _pieces(template)
    if all(isinstance(piece, str) or not piece.steps for piece in pieces):
        return _plain(pieces)

    def render(fields: Mapping[str, Any]) -> str | None:
        try:
            parts = [
                piece if isinstance(piece, str) else _text(_value(fields, piece))
                for piece in pieces
            ]
        except LookupError:
            return None
        return "".join(parts).strip()[:MAX_RESULT] or None

    return render


def _plain(pieces: Sequence[_Piece]) -> Callable[[Mapping[str, Any]], str | None]:
    """A template of names alone, as most are: a lookup renders thousands."""
    literals = [piece.replace("%", "%%") if isinstance(piece, str) else "%s" for piece in pieces]
    pattern = "".join(literals)
    names = [piece.written for piece in pieces if isinstance(piece, _Field)]

    def render(fields: Mapping[str, Any]) -> str | None:
        held = [fields.get(name) for name in names]
        values = tuple([each if type(each) is str else _text(each) for each in held])
        return (pattern % values).strip()[:MAX_RESULT] or None

    return render


def named_fields(format_columns: Mapping[str, str]) -> frozenset[str]:
    """The source's fields that the templates name: what needs to be fetched for them."""
    return frozenset(
        name
        for template in format_columns.values()
        for piece in _pieces(template)
        if isinstance(piece, _Field)
        for name in (piece.written, piece.first)
    )


def _pieces(template: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    try:
        for literal, field, specification, conversion in Formatter().parse(template):
            if literal:
                pieces.append(literal)
            if field is None:
                continue
            if specification or conversion:
                raise InvalidTemplate(f"only names of fields stand between braces: {template!r}")
            pieces.append(_field(field, template))
    except ValueError as error:
        if isinstance(error, InvalidTemplate):
            raise
        raise InvalidTemplate(f"{error}: {template!r}") from error
    return pieces


def _field(written: str, template: str) -> _Field:
    path = _PATH.fullmatch(written)
    if path is None:
        raise InvalidTemplate(f"not the name of a field between braces: {template!r}")
    steps = tuple(
        int(step) if step.isdecimal() else step
        for step in (one or other for one, other in _STEP.findall(path["rest"]))
    )
    return _Field(written, path["first"], steps)


def _value(fields: Mapping[str, Any], field: _Field) -> Any:
    """What a path leads to; LookupError where it leads nowhere. The first key may be missing."""
    if not field.steps or field.written in fields:
        return fields.get(field.written)
    value = fields.get(field.first)
    for step in field.steps:
        # Data alone is walked through: attributes of Python's objects are out of reach.
        if isinstance(value, Mapping):
            value = value[str(step)]
        elif isinstance(value, list | tuple) and isinstance(step, int):
            value = value[step]
        else:
            raise LookupError(step)
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return ", ".join(_text(each) for each in value[:100])
    return str(value)
