"""Entries of policies as templates, rendered when a token is made (reference/auth.md, B3).

The language is a small part of Jinja2: values, their members, ``if`` and ``for``. No calls, sums or
ranges. Templates are bounded in size, and each token in what its templates may cost; they are read
and rendered in a thread, so that whoever writes a policy holds nobody else up.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import structlog
from jinja2 import (
    StrictUndefined,
    Template,
    TemplateSyntaxError,
    UndefinedError,
    nodes,
    pass_context,
)
from jinja2.exceptions import SecurityError
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context
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
LIST_MAX = 512 * 1024
"""Characters of one token's list, which every service reads again and again; no token beyond."""
WORK_MAX = 100_000
"""Steps of one token's templates: parts of templates that are looked at, as often as they are. What
comes with Ovix takes a few for each entry it gives."""
TEXT_MAX = 1024 * 1024
"""Characters that one token's templates give."""
SOURCES_MAX = 32 * 1024
"""Characters of the templates that one token is made of: each may have to be compiled."""
NODES_MAX = 200
"""Parts of one template. Jinja2 takes near a millisecond to compile one."""
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
    """A token would hold more than `ENTRIES_MAX` entries or `LIST_MAX`, or cost too much."""


@dataclass(slots=True)
class _Budget:
    """What is left for the templates of one token."""

    work: int = WORK_MAX
    text: int = TEXT_MAX

    def take(self, *, work: int = 0, text: int = 0) -> None:
        self.work -= work
        self.text -= text
        if min(self.work, self.text) < 0:
            raise TooManyEntries


_BUDGET = "_budget"
"""Under which name a template's own loops find it; no template of ours may name it."""


def _as_word(value: object) -> object:
    """A value is one word of an entry: its signs must not become a pattern."""
    return value if isinstance(value, StrictUndefined) else _SIGNS.sub("_", str(value))


@pass_context
def _counted(context: Context, values: Iterable[object], weight: int) -> Iterator[object]:
    """What a loop goes over, at the price of its body each time."""
    budget: _Budget = context[_BUDGET]
    for value in values:
        budget.take(work=weight)
        yield value


_environment = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, finalize=_as_word, trim_blocks=True, lstrip_blocks=True
)
_environment.filters["counted"] = _counted


def is_template(entry: str) -> bool:
    """Whether an entry is more than plain text."""
    return "{{" in entry or "{%" in entry or "{#" in entry


def check_plain(entry: str) -> None:
    """Raise `InvalidTemplate` for an entry that can't be one; templates are not read."""
    if not entry.strip():
        raise InvalidTemplate("an access must not be empty")
    if len(entry) > TEMPLATE_MAX:
        raise InvalidTemplate(f"an access must not be longer than {TEMPLATE_MAX} characters")
    if not is_template(entry) and _SIGNS.sub("", entry) != re.sub(r"[.*#!]", "", entry):
        raise InvalidTemplate("an access must not hold white space")


async def check(entries: Iterable[str]) -> None:
    """Raise `InvalidTemplate` unless all entries can be rendered, or are no templates at all."""
    templates = [entry for entry in entries if is_template(entry)]
    if templates:
        await asyncio.to_thread(lambda: [_read(entry) for entry in templates])


def _read(entry: str) -> nodes.Template:
    """The template of an entry; `InvalidTemplate` for what is none of ours."""
    check_plain(entry)
    try:
        tree = _environment.parse(entry)
    except TemplateSyntaxError as error:
        raise InvalidTemplate(f"not a template: {error.message}") from error
    except RecursionError as error:
        raise InvalidTemplate("not a template: too deep") from error
    _check_node(tree, 0, 0)
    if _weight(tree) > NODES_MAX:
        raise InvalidTemplate(f"more than {NODES_MAX} parts in a template")
    unknown = find_undeclared_variables(tree) - VARIABLES
    if unknown:
        raise InvalidTemplate(f"not a variable of templates: {sorted(unknown)[0]}")
    return tree


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


def _weight(node: nodes.Node) -> int:
    """How many parts there are to look at: nodes, and texts by their length."""
    text = len(node.data) // 64 if isinstance(node, nodes.TemplateData) else 0
    return 1 + text + sum(map(_weight, node.iter_child_nodes()))


@dataclass(frozen=True, slots=True)
class _Compiled:
    template: Template
    variables: frozenset[str]
    weight: int


@lru_cache(maxsize=4096)
def _compiled(entry: str) -> _Compiled | None:
    try:
        tree = _read(entry)
        variables, weight = frozenset(find_undeclared_variables(tree)), _weight(tree)
        for loop in list(tree.find_all(nodes.For)):
            price = nodes.Const(_weight(loop))
            loop.iter = nodes.Filter(loop.iter, "counted", [price], [], None, None)
        return _Compiled(_environment.from_string(tree), variables, weight)
    except InvalidTemplate as error:  # written by something else than our API
        log.warning("acl_template_invalid", template=entry[:200], cause=str(error))
        return None


async def variables_of(entries: Iterable[str]) -> frozenset[str]:
    """The variables that the entries name. Raises `TooManyEntries` for templates without end."""
    templates = [entry for entry in entries if is_template(entry)]
    if sum(map(len, templates)) > SOURCES_MAX:
        raise TooManyEntries
    return await asyncio.to_thread(_named, templates) if templates else frozenset()


def _named(templates: Iterable[str]) -> frozenset[str]:
    compiled = (_compiled(entry) for entry in templates)
    return frozenset().union(*(each.variables for each in compiled if each is not None))


async def rendered(entries: Iterable[str], variables: Mapping[str, Any]) -> tuple[str, ...]:
    """The entries as a token holds them, each once, in order (see `rendered_now`)."""
    entries = list(entries)
    if any(map(is_template, entries)):
        return await asyncio.to_thread(rendered_now, entries, variables)
    return rendered_now(entries, variables)


def rendered_now(entries: Iterable[str], variables: Mapping[str, Any]) -> tuple[str, ...]:
    """The entries as a token holds them, each once, in order.

    A template may give several lines, each an entry. One that names what there is not (the agent of
    somebody who is none) gives nothing. Raises `TooManyEntries`.
    """
    held: dict[str, None] = {}
    budget = _Budget()
    length = 0
    for entry in entries:
        for line in _lines(entry, variables, budget):
            if line in held:
                continue
            held[line] = None
            length += len(line)
            if len(held) > ENTRIES_MAX or len(line) > TEMPLATE_MAX or length > LIST_MAX:
                raise TooManyEntries
    return tuple(held)


def _lines(entry: str, variables: Mapping[str, Any], budget: _Budget) -> Iterable[str]:
    if not is_template(entry):
        return (entry,)
    compiled = _compiled(entry)
    if compiled is None:
        return ()
    budget.take(work=compiled.weight)
    pieces = []
    try:
        for piece in compiled.template.generate({**variables, _BUDGET: budget}):
            budget.take(text=len(piece))
            pieces.append(piece)
    except (UndefinedError, SecurityError, TypeError):
        # TypeError: a loop over what is no list, a comparison of unlike things.
        return ()
    return [line.strip() for line in "".join(pieces).splitlines() if line.strip()]
