"""Entries of policies as templates, rendered when a token is made (reference/auth.md, B3).

The language is a small part of Jinja2: values, their members, ``if`` and ``for``. No calls, sums or
ranges, so that whoever may write a policy can't make a login cost more than the lists it goes over.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import structlog
from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

log = structlog.get_logger(__name__)

VARIABLES = frozenset(
    {
        *("id", "uuid", "username", "entity", "tenants", "groups", "voicemails", "lines"),
        *("extensions", "endpoint_sip", "endpoint_sccp", "endpoint_custom", "agent"),
    }
)
"""What a template may name."""
TEMPLATE_MAX = 4096
"""Characters of one entry."""
ENTRIES_MAX = 5000
"""Entries of one token; a list that would be longer gives no token (`TooManyEntries`)."""
_LOOPS_MAX = 2
_DEEPEST = 40
"""Levels of a template; Python itself would give up at some hundreds."""
_NODES = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Getitem),
    *(nodes.Const, nodes.If, nodes.For, nodes.Compare, nodes.Operand, nodes.And, nodes.Or),
    *(nodes.Not, nodes.Test),
)
_TESTS = frozenset({"defined", "undefined", "none"})
_SIGNS = re.compile(r"[.*#!\s]")


class InvalidTemplate(ValueError):
    """Not of the language, or longer than an entry may be."""


class TooManyEntries(Exception):
    """A token would hold more than `ENTRIES_MAX` entries."""


def _as_word(value: object) -> object:
    """A value is one word of an entry: its signs must not become a pattern."""
    return value if isinstance(value, StrictUndefined) else _SIGNS.sub("_", str(value))


_environment = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, finalize=_as_word, trim_blocks=True, lstrip_blocks=True
)


def is_template(entry: str) -> bool:
    """Whether an entry is more than plain text."""
    return "{{" in entry or "{%" in entry or "{#" in entry


def check(entry: str) -> None:
    """Raise `InvalidTemplate` unless the entry can be rendered, or is no template at all."""
    if not entry.strip():
        raise InvalidTemplate("an access must not be empty")
    if len(entry) > TEMPLATE_MAX:
        raise InvalidTemplate(f"an access must not be longer than {TEMPLATE_MAX} characters")
    if not is_template(entry):
        if _SIGNS.sub("", entry) != re.sub(r"[.*#!]", "", entry):
            raise InvalidTemplate("an access must not hold white space")
        return
    try:
        tree = _environment.parse(entry)
    except TemplateSyntaxError as error:
        raise InvalidTemplate(f"not a template: {error.message}") from error
    except RecursionError as error:
        raise InvalidTemplate("not a template: too deep") from error
    _check_node(tree, 0, 0)
    unknown = find_undeclared_variables(tree) - VARIABLES
    if unknown:
        raise InvalidTemplate(f"not a variable of templates: {sorted(unknown)[0]}")


def _check_node(node: nodes.Node, loops: int, depth: int) -> None:
    if depth > _DEEPEST:
        raise InvalidTemplate("not a template: too deep")
    if not isinstance(node, _NODES):
        kind = type(node).__name__.lower()
        raise InvalidTemplate(f"{kind} is not allowed in a template")
    if isinstance(node, nodes.Test) and (node.name not in _TESTS or node.args or node.kwargs):
        raise InvalidTemplate(f"the test {node.name} is not allowed in a template")
    if isinstance(node, nodes.For):
        loops += 1
        if loops > _LOOPS_MAX or node.recursive:
            raise InvalidTemplate(f"more than {_LOOPS_MAX} loops in each other")
    for child in node.iter_child_nodes():
        _check_node(child, loops, depth + 1)


@lru_cache(maxsize=4096)
def _compiled(entry: str) -> tuple[Template, frozenset[str]] | None:
    try:
        check(entry)
        tree = _environment.parse(entry)
        return _environment.from_string(tree), frozenset(find_undeclared_variables(tree))
    except InvalidTemplate as error:  # written by something else than our API
        log.warning("acl_template_invalid", template=entry[:200], cause=str(error))
        return None


def variables_of(entries: Iterable[str]) -> frozenset[str]:
    """The variables that the entries name."""
    named: frozenset[str] = frozenset()
    for entry in entries:
        if is_template(entry) and (compiled := _compiled(entry)) is not None:
            named |= compiled[1]
    return named


def rendered(entries: Iterable[str], variables: Mapping[str, Any]) -> tuple[str, ...]:
    """The entries as a token holds them, each once, in order.

    A template may give several lines, each an entry. One that names what there is not (the agent of
    somebody who is none) gives nothing. Raises `TooManyEntries`.
    """
    held: dict[str, None] = {}
    for entry in entries:
        for line in _lines(entry, variables):
            held[line] = None
            if len(held) > ENTRIES_MAX:
                raise TooManyEntries
    return tuple(held)


def _lines(entry: str, variables: Mapping[str, Any]) -> Iterable[str]:
    if not is_template(entry):
        return (entry,)
    compiled = _compiled(entry)
    if compiled is None:
        return ()
    try:
        text = compiled[0].render(variables)
    except (UndefinedError, SecurityError, TypeError):
        # TypeError: a loop over what is no list, a comparison of unlike things.
        return ()
    return [line.strip() for line in text.splitlines() if line.strip()]
