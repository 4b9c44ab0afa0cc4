"""Reading: one select whose JSON PostgreSQL builds, for one item, a page of a list, or a view.

A statement of one shape is built and compiled to text once, and executed again with other values,
so that a request costs no time per column and next to none per row.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from ovix_schema import COUNTED, RowCount
from ovix_web.paging import PARAMETERS, Page, page_of
from sqlalchemy import (
    BigInteger,
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
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from .json_sql import matches
from .key import Key

Column: TypeAlias = ColumnElement[Any] | InstrumentedAttribute[Any]
_DIALECT: Any = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]
_CAST_PARAMETER = re.compile(r":(\w+)::(\w+)")
_SEARCH = "search_text"
_ENTITY = "entity_id"
_KEYS = "page_keys"
_SHAPES_KEPT = 512
"""Filters come from clients: what is remembered of their combinations has an end."""


class Reader(Protocol):
    """Who reads, and in which transaction; `ovix_web.reader.Work` is one."""

    session: AsyncSession
    entity_id: int | None
    """The only entity whose rows are seen; None sees all."""
    base_url: str
    """What absolute links start with."""


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
    in_entity: Callable[[ColumnElement[int]], ColumnElement[bool]] | None = None
    """Whether a row is of an entity, where looking ``entity`` up for every row is not the way."""
    filters: Mapping[str, Callable[[ColumnElement[str]], ColumnElement[bool]]] = field(
        default_factory=dict
    )
    """What lists are filtered by that is no column, or not for an index's sake: whether a row
    matches the text."""
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

    def showing(self, **item: Column) -> "Rows":
        """The same rows, of which other members are read, one row at a time."""
        return Rows(item, {}, "", self.key, self.source, self.entity, self.in_entity)

    async def one(self, reader: Reader, given: object) -> str | None:
        """The JSON of the item that the path names, if the caller may see it."""
        named = self.key.named(given)
        if named is None:
            return None
        column, value = named
        statement = self._statement(
            ("one", column is self.key.id, reader.entity_id is None),
            lambda: as_json(
                self._visible(reader, self._select()).where(
                    column == bindparam("key", type_=column.type)
                )
            ),
        )
        found = await reader.session.execute(statement, {"key": value, **self._bound(reader)})
        return found.scalar_one_or_none()

    @property
    def parameters(self) -> dict[str, str]:
        """What the query string of a list may say, with its meaning."""
        asked = PARAMETERS | dict.fromkeys([*self.columns, *self.filters], "")
        if self.views:
            asked["view"] = f"One of: {', '.join(self.views)}"
        if self.legacy is not None:
            asked["q"] = "XiVO's oldest search: neither pages nor filters"
        return asked

    async def found(self, reader: Reader, query: Mapping[str, str]) -> tuple[int, list[str]]:
        """How many rows a query string asks for, and the JSON of those on its page."""
        page = page_of(query, self.columns, self.order)
        if self.legacy is not None and "q" in query:
            return await self.found_by_legacy(reader, query["q"])
        return await self.page(reader, page, query, query.get("view"))

    async def found_by_legacy(self, reader: Reader, given: str) -> tuple[int, list[str]]:
        """All rows whose ``legacy`` column contains the text: no paging, no filters."""
        searched = () if self.legacy is None else (self.legacy,)
        old = replace(self, search=None, searched=searched, _kept=self._kept_of_legacy)
        return await old.page(reader, Page(search=given), {})

    async def page(
        self, reader: Reader, page: Page, filters: Mapping[str, str], view: str | None = None
    ) -> tuple[int, list[str]]:
        """How many rows match, and the JSON of those on the page.

        Two statements: the first finds the keys, so that the JSON of rows that are skipped is never
        built; the second, of one shape whatever was asked, is planned once.
        """
        values = {
            name: _typed(self.columns.get(name), given)
            for name, given in filters.items()
            if name in self.columns or name in self.filters
        }
        if None in values.values():
            return 0, []
        shape = (tuple(values), bool(page.search), reader.entity_id is None)
        binds: dict[str, Any] = {f"filter_{name}": value for name, value in values.items()}
        binds |= self._bound(reader)
        if page.search:
            binds[_SEARCH] = page.search.translate(_LIKE_LITERAL)
        order = page.order or self.order
        keys = self._statement(
            ("keys", order, page.direction, page.limit is None, *shape),
            lambda: self._keys(reader, page, order, values),
        )
        bounds = {"page_offset": page.offset, "page_limit": page.limit}
        found = (await reader.session.execute(keys, binds | bounds)).all()
        if found:
            item = self.views.get(view or "", self.item)
            items = self._statement(
                ("items", item is self.item or view, reader.entity_id is None),
                lambda: self._items(reader, item),
            )
            named = {_KEYS: [key for key, _total in found], **self._bound(reader)}
            rows = (await reader.session.execute(items, named)).scalars()
            return found[0][1], list(rows)
        if not page.offset:
            return 0, []
        total = self._statement(
            ("total", *shape), lambda: compiled(self._total(reader, page, values))
        )
        return (await reader.session.execute(total, binds)).scalar_one(), []

    def _select(self, item: Mapping[str, Column] | None = None) -> Select[Any]:
        members = [
            expression.label(name)
            for name, expression in (self.item if item is None else item).items()
        ]
        return select(*members).select_from(self.source)

    def _visible(self, reader: Reader, statement: Select[Any]) -> Select[Any]:
        if reader.entity_id is None or self.entity is None:
            return statement
        entity_id = bindparam(_ENTITY, type_=Integer)
        return statement.where(
            self.in_entity(entity_id) if self.in_entity else self.entity == entity_id
        )

    def _bound(self, reader: Reader) -> dict[str, Any]:
        return {"base_url": reader.base_url, _ENTITY: reader.entity_id}

    def _matching(
        self, reader: Reader, statement: Select[Any], page: Page, filters: Mapping[str, object]
    ) -> Select[Any]:
        statement = self._visible(reader, statement)
        if self.listed is not None:
            statement = statement.where(self.listed)
        for name in filters:
            if (matching := self.filters.get(name)) is not None:
                statement = statement.where(matching(bindparam(f"filter_{name}", type_=Text)))
                continue
            column = self.columns[name]
            statement = statement.where(column == bindparam(f"filter_{name}", type_=column.type))
        if page.search:
            sought = func.ovix_search(bindparam(_SEARCH, type_=Text))
            # As a select it is made once, and not again for every row that is looked at.
            pattern = select(func.concat("%", sought, "%", type_=Text)).scalar_subquery()
            columns = self.columns.values() if self.searched is None else self.searched
            found = self.search(pattern) if self.search else matches(pattern, *columns)
            statement = statement.where(found)
        return statement

    def _total(self, reader: Reader, page: Page, filters: Mapping[str, object]) -> Select[Any]:
        return self._matching(reader, select(func.count()).select_from(self.source), page, filters)

    def _all(self, reader: Reader) -> Select[Any]:
        """How many rows a list without filters has: kept by triggers where there may be many."""
        table = getattr(getattr(self.key.column.expression, "table", None), "name", "")
        by_entity = COUNTED.get(table)
        every = reader.entity_id is None
        if self.listed is not None or by_entity is None or not (every or by_entity):
            return self._total(reader, Page(), {})
        kept = select(cast(func.coalesce(func.sum(RowCount.counted), 0), BigInteger)).where(
            RowCount.table_name == literal_column(f"'{table}'")
        )
        mine = RowCount.entity_id == bindparam(_ENTITY, type_=Integer)
        return kept if every else kept.where(mine)

    def _keys(
        self, reader: Reader, page: Page, order: str, filters: Mapping[str, object]
    ) -> TextClause:
        # What takes a search is searched once; what does not is read in the order of an index.
        total: ColumnElement[int] = func.count().over()
        if not filters and not page.search:
            total = self._all(reader).scalar_subquery()
        key = self.key.column
        keys = self._matching(
            reader, select(key, total.label("total")).select_from(self.source), page, filters
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

    def _items(self, reader: Reader, shown: Mapping[str, Column]) -> TextClause:
        key = self.key.column
        keys = bindparam(_KEYS, type_=ARRAY(key.type))
        of_page = func.unnest(keys).table_valued(
            column("key", key.type), with_ordinality="position"
        )
        page = of_page.render_derived("page")
        item = self._visible(reader, self._select(shown)).where(key == page.c.key).lateral("item")
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


def _typed(column: Column | None, given: str) -> object:
    """The value a filter compares with, text without column; None when no row can have it."""
    if column is None:
        return None if "\0" in given else given
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
