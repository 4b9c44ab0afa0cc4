"""Reading: one select whose JSON PostgreSQL builds, for one item, a page of a list, or a view.

A statement of one shape is built and compiled to text once, and executed again with other values,
so that a request costs no time per column and next to none per row.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from uuid import UUID

from ovix_web.paging import Page
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    Text,
    TextClause,
    Uuid,
    bindparam,
    cast,
    column,
    func,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.orm import InstrumentedAttribute

from .sql import matches
from .work import Key, Work

Column: TypeAlias = ColumnElement[Any] | InstrumentedAttribute[Any]
_DIALECT: Any = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]
_CAST_PARAMETER = re.compile(r":(\w+)::(\w+)")
_SEARCH = "search_text"
_ENTITY = "entity_id"
_KEYS = "page_keys"
_SHAPES_KEPT = 512
"""Filters come from clients: what is remembered of their combinations has an end."""


@dataclass(frozen=True)
class Rows:
    """What is read of a resource, and how it may be filtered, sorted and searched."""

    item: Mapping[str, Column]
    """The members of the JSON object, in order."""
    columns: Mapping[str, Column]
    """What lists filter and sort by, under the names of the query string."""
    order: str
    """The column lists are sorted by when the client does not say."""
    key: Key
    source: Any
    """The table, or whatever else the columns are selected from."""
    entity: Column | None = None
    """The entity of a row; None when the resource belongs to the whole installation."""
    listed: ColumnElement[bool] | None = None
    """Which rows lists show; None: all."""
    searched: tuple[Column, ...] | None = None
    """What ``search`` looks into; default: all columns."""
    search: Callable[[ColumnElement[str]], ColumnElement[bool]] | None = None
    """Whether a row matches a LIKE pattern (already without accents and case), where looking into
    ``searched`` is not the way, for an index's sake."""
    views: Mapping[str, Mapping[str, Column]] = field(default_factory=dict)
    """What a list shows instead of ``item``, by the value of ``view=``; others are ignored."""
    legacy: Column | None = None
    """What XiVO's oldest search, ``q=``, looks into, where a resource has it."""
    _kept: dict[Any, TextClause] = field(default_factory=dict, compare=False, repr=False)
    _kept_of_legacy: dict[Any, TextClause] = field(default_factory=dict, compare=False, repr=False)

    async def one(self, work: Work, given: object) -> str | None:
        """The JSON of the item that the path names, if the caller may see it."""
        named = self.key.named(given)
        if named is None:
            return None
        column, value = named
        statement = self._statement(
            ("one", column is self.key.id, work.entity_id is None),
            lambda: as_json(
                self._visible(work, self._select()).where(
                    column == bindparam("key", type_=column.type)
                )
            ),
        )
        found = await work.session.execute(statement, {"key": value, **self._bound(work)})
        return found.scalar_one_or_none()

    async def found_by_legacy(self, work: Work, given: str) -> tuple[int, list[str]]:
        """All rows whose ``legacy`` column contains the text: no paging, no filters."""
        searched = () if self.legacy is None else (self.legacy,)
        old = replace(self, search=None, searched=searched, _kept=self._kept_of_legacy)
        return await old.page(work, Page(search=given), {})

    async def page(
        self, work: Work, page: Page, filters: Mapping[str, str], view: str | None = None
    ) -> tuple[int, list[str]]:
        """How many rows match, and the JSON of those on the page.

        Two statements: the first finds the keys, so that the JSON of rows that are skipped is never
        built; the second, of one shape whatever was asked, is planned once.
        """
        values = {name: _typed(self.columns[name], given) for name, given in filters.items()}
        if None in values.values():
            return 0, []
        shape = (tuple(values), bool(page.search), work.entity_id is None)
        binds: dict[str, Any] = {f"filter_{name}": value for name, value in values.items()}
        binds |= self._bound(work)
        if page.search:
            binds[_SEARCH] = page.search.translate(_LIKE_LITERAL)
        order = page.order or self.order
        keys = self._statement(
            ("keys", order, page.direction, page.limit is None, *shape),
            lambda: self._keys(work, page, order, values),
        )
        bounds = {"page_offset": page.offset, "page_limit": page.limit}
        found = (await work.session.execute(keys, binds | bounds)).all()
        if found:
            item = self.views.get(view or "", self.item)
            items = self._statement(
                ("items", item is self.item or view, work.entity_id is None),
                lambda: self._items(work, item),
            )
            named = {_KEYS: [key for key, _total in found], **self._bound(work)}
            rows = (await work.session.execute(items, named)).scalars()
            return found[0][1], list(rows)
        if not page.offset:
            return 0, []
        total = self._statement(
            ("total", *shape), lambda: compiled(self._total(work, page, values))
        )
        return (await work.session.execute(total, binds)).scalar_one(), []

    def _select(self, item: Mapping[str, Column] | None = None) -> Select[Any]:
        members = [
            expression.label(name)
            for name, expression in (self.item if item is None else item).items()
        ]
        return select(*members).select_from(self.source)

    def _visible(self, work: Work, statement: Select[Any]) -> Select[Any]:
        if work.entity_id is None or self.entity is None:
            return statement
        return statement.where(self.entity == bindparam(_ENTITY, type_=Integer))

    def _bound(self, work: Work) -> dict[str, Any]:
        return {"base_url": work.base_url, _ENTITY: work.entity_id}

    def _matching(
        self, work: Work, statement: Select[Any], page: Page, filters: Mapping[str, object]
    ) -> Select[Any]:
        statement = self._visible(work, statement)
        if self.listed is not None:
            statement = statement.where(self.listed)
        for name in filters:
            column = self.columns[name]
            statement = statement.where(column == bindparam(f"filter_{name}", type_=column.type))
        if page.search:
            pattern = func.concat(
                "%", func.ovix_search(bindparam(_SEARCH, type_=Text)), "%", type_=Text
            )
            columns = self.columns.values() if self.searched is None else self.searched
            found = self.search(pattern) if self.search else matches(pattern, *columns)
            statement = statement.where(found)
        return statement

    def _total(self, work: Work, page: Page, filters: Mapping[str, object]) -> Select[Any]:
        return self._matching(work, select(func.count()).select_from(self.source), page, filters)

    def _keys(
        self, work: Work, page: Page, order: str, filters: Mapping[str, object]
    ) -> TextClause:
        # What takes a search is searched once; what does not is read in the order of an index.
        total: ColumnElement[int] = func.count().over()
        if not filters and not page.search:
            total = self._total(work, page, filters).scalar_subquery()
        key = self.key.column
        keys = self._matching(
            work, select(key, total.label("total")).select_from(self.source), page, filters
        )
        # The key comes last: it makes pages stable where the column repeats.
        keys = keys.order_by(
            *(
                each.desc() if page.direction == "desc" else each.asc()
                for each in (self.columns[order], key)
            )
        )
        if page.limit is not None:
            keys = keys.limit(bindparam("page_limit", type_=Integer))
        return compiled(keys.offset(bindparam("page_offset", type_=Integer)))

    def _items(self, work: Work, shown: Mapping[str, Column]) -> TextClause:
        key = self.key.column
        keys = bindparam(_KEYS, type_=ARRAY(key.type))
        of_page = func.unnest(keys).table_valued(
            column("key", key.type), with_ordinality="position"
        )
        page = of_page.render_derived("page")
        item = self._visible(work, self._select(shown)).where(key == page.c.key).lateral("item")
        items = select(cast(func.row_to_json(item.table_valued()), Text))
        return compiled(items.select_from(page.join(item, true())).order_by(page.c.position))

    def _statement(self, shape: Any, build: Callable[[], TextClause]) -> TextClause:
        kept = self._kept.get(shape)
        if kept is None:
            if len(self._kept) >= _SHAPES_KEPT:
                self._kept.clear()
            kept = self._kept[shape] = build()
        return kept


_LIKE_LITERAL = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


def as_json(statement: Select[Any]) -> TextClause:
    """Each row of the statement as the text of a JSON object.

    ``row_to_json`` and not ``json_build_object``: functions take 100 arguments at most.
    """
    rows = statement.subquery("item")
    return compiled(select(cast(func.row_to_json(rows.table_valued()), Text)))


def compiled(statement: Select[Any]) -> TextClause:
    """The statement as text: SQLAlchemy then has no tree to walk on each execution."""
    rendered = statement.compile(dialect=_DIALECT)
    if "POSTCOMPILE" in str(rendered):
        raise TypeError("write the members of an IN as constants: the list can't be bound later")
    parameters = [
        bindparam(name, type_=bind.type)
        if bind.required
        else bindparam(name, bind.value, type_=bind.type)
        for bind, name in rendered.bind_names.items()
    ]
    # text() does not see a parameter in front of a cast of this form.
    written = _CAST_PARAMETER.sub(r"CAST(:\1 AS \2)", str(rendered))
    return text(written).bindparams(*parameters)


def _typed(column: Column, given: str) -> object:
    """The value a filter compares with; None when no row can have it."""
    if isinstance(column.type, Boolean):
        return {"true": True, "1": True, "false": False, "0": False}.get(given.lower())
    try:
        if isinstance(column.type, Integer):
            number = int(given) if given.isascii() else None
            return number if number is not None and abs(number) < 2**31 else None
        if isinstance(column.type, Uuid):
            return UUID(given)
    except ValueError:
        return None
    return None if "\0" in given else given
