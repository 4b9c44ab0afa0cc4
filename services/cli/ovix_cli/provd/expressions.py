"""Expressions of the console, as documentation and scripts of XiVO write them.

Nothing is evaluated. A chain of marked methods and of subscripts on the console's objects, with
literals for arguments; beside it, an option may be set. Everything else of Python is refused.
"""

import ast
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ovix_cli.home import CliError

from .client import Options
from .exposed import Exposed, exposed_names, method_of

LONGEST = 64 * 1024
"""Characters of an expression; documents are given in them."""


class NotUnderstood(CliError):
    """An expression is none of the console's."""


def run(text: str, names: Mapping[str, Any]) -> Any:
    """The value of an expression; raises `CliError`."""
    if len(text) > LONGEST:
        raise NotUnderstood("an expression of that length is none")
    try:
        body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotUnderstood(f"not understood: {error}") from error
    match body:
        case []:
            return None
        case [ast.Expr(expression)]:
            return _value(expression, names)
        case [ast.Assign([ast.Attribute(ast.Name("options"), option)], expression)]:
            return _set(names["options"], option, _literal(expression))
    raise NotUnderstood("one expression of the console's is wanted")


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Name(name):
            if name not in names:
                raise NotUnderstood(f"{name} is not known; there are {', '.join(sorted(names))}")
            return names[name]
        case ast.Attribute(ast.Name("options"), option):
            return getattr(names["options"], _known(option))
        case ast.Call(ast.Name("pprint"), [argument], []):
            return _value(argument, names)
        case ast.Call(ast.Name("dirr" | "help"), [argument], []):
            return exposed_names(_value(argument, names))
        case ast.Call(ast.Attribute(inner, name), arguments, keywords):
            return _called(_value(inner, names), name, arguments, keywords)
        case ast.Subscript(inner, key):
            return _item(_value(inner, names), _literal(key))
    return _literal(node)


def _called(target: Any, name: str, arguments: list[ast.expr], keywords: list[ast.keyword]) -> Any:
    method = method_of(target, name)
    if method is None:
        known = ", ".join(exposed_names(target)) or "nothing"
        raise NotUnderstood(f"{name} can't be called here; there is {known}")
    if any(keyword.arg is None for keyword in keywords):
        raise NotUnderstood("arguments are given one by one")
    given = [_literal(each) for each in arguments]
    named = {str(each.arg): _literal(each.value) for each in keywords}
    try:
        return method(*given, **named)
    except TypeError as error:
        raise NotUnderstood(f"{name}: {error}") from error


def _item(target: Any, key: Any) -> Any:
    if isinstance(target, Exposed):
        if not hasattr(target, "__getitem__"):
            raise NotUnderstood("nothing is looked up there")
    elif not isinstance(target, dict | list):
        raise NotUnderstood("nothing is looked up there")
    try:
        return target[key]
    except (LookupError, TypeError) as error:
        raise CliError(f"there is no {key!r}") from error


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise NotUnderstood("only the console's objects and literals are understood") from error


def _set(options: Options, name: str, value: Any) -> None:
    before = getattr(options, _known(name))
    if isinstance(before, bool) is not isinstance(value, bool) or not isinstance(
        value, bool | int | float
    ):
        raise NotUnderstood(f"{name} is like {before!r}")
    setattr(options, name, type(before)(value))


def _known(option: str) -> str:
    known = [each.name for each in fields(Options)]
    if option not in known:
        raise NotUnderstood(f"there is no option {option}; there are {', '.join(known)}")
    return option
