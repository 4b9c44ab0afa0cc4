"""``xivo``: the users of this installation, straight from the shared schema.

Contacts have the fields ``id``, ``uuid``, ``firstname``, ``lastname``, ``full_name``, ``exten``,
``context``, ``mobile_phone_number``, ``voicemail_number``, ``email``, ``userfield`` and
``description``, and the keys of presence.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from ovix_schema import Installation
from ovix_telephony.phone_numbers import digits_of, normal_form
from ovix_web.bodies import text
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from ..backend import Contact, Relations, Remembering, Resources, SourceSettings, Viewer
from ..matching import Term, Word, searchable, texts_of
from ..statements import Statements, Values
from ..templates import compile_columns
from .stored_contacts import escaped, written

_SELECT = """
SELECT u.id, u.uuid, u.firstname, u.lastname, u.userfield, u.email, u.description,
       u.mobile_phone_number, u.agent_id, ul.line_id, l.context, e.exten,
       v.number AS voicemail_number
FROM users u
LEFT JOIN user_lines ul ON ul.user_id = u.id AND ul.main_line
LEFT JOIN lines l ON l.id = ul.line_id
LEFT JOIN line_extensions le ON le.line_id = ul.line_id AND le.main_extension
LEFT JOIN extensions e ON e.id = le.extension_id
LEFT JOIN voicemails v ON v.id = u.voicemail_id
WHERE true"""
_OF_NAMES = "SELECT id FROM users WHERE search_text"
_OF_EXTENSIONS = """
SELECT ul.user_id FROM extensions e
JOIN line_extensions le ON le.extension_id = e.id AND le.main_extension
JOIN user_lines ul ON ul.line_id = le.line_id AND ul.main_line WHERE e.exten"""
_OF_VOICEMAILS = (
    "SELECT u.id FROM voicemails v JOIN users u ON u.voicemail_id = v.id WHERE v.number"
)
_OF_MOBILES = "SELECT id FROM users WHERE public.ovix_number(mobile_phone_number::text)"


class SearchParameters(BaseModel):
    """``extra_search_params``: which users there are, before anything is searched."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    context: Annotated[str, text(39)] | None = None
    """Only users whose main line is in this context (context separation)."""


class XivoSettings(SourceSettings):
    """Users are known by their ``id``, whatever ``unique_column`` says."""

    remembering: ClassVar[Remembering | None] = Remembering(by_user=False)

    extra_search_params: SearchParameters = SearchParameters()


class XivoBackend:
    """Users lie in the database that dird itself uses."""

    settings = XivoSettings

    async def open(self, settings: XivoSettings, resources: Resources) -> "XivoSource":
        """Read under which name this installation is known."""
        async with resources.sessions() as session:
            installation = await session.scalar(select(Installation.uuid))
        return XivoSource(
            resources.statements,
            settings,
            str(installation) if installation is not None else None,
            resources.results_max,
        )


class XivoSource:
    """Users of the viewer's entity; one statement for each question."""

    def __init__(
        self,
        statements: Statements,
        settings: XivoSettings,
        xivo_id: str | None,
        results_max: int,
    ) -> None:
        self._statements = statements
        self._settings, self._xivo_id, self._max = settings, xivo_id, results_max
        self._formatted = compile_columns(settings.format_columns)

    async def search(self, term: str, viewer: Viewer) -> Sequence[Contact]:
        """Users that match, best first; equal ones by name."""
        columns = self._settings.searched_columns
        if not columns:
            return []
        wanted = Term.read(term, viewer.country)
        values = Values()
        conditions = [
            f"u.id IN ({' UNION ALL '.join(self._holding(word, values))})" for word in wanted.words
        ]
        end = f"ORDER BY u.lastname, u.firstname, u.id LIMIT {values(self._max)}"
        rows = await self._rows(conditions, values, viewer, end)
        found = []
        for row in rows:
            fields = _fields(row)
            rank = wanted.rank_in(searchable(fields.get(name) for name in columns))
            if rank is not None:
                found.append(self._contact(row, fields, rank if wanted.words else 0))
        found.sort(key=lambda contact: contact.rank)
        return found

    async def first_match(self, number: str, viewer: Viewer) -> Contact | None:
        """The user with this number."""
        return (await self.first_matches([number], viewer)).get(number)

    async def first_matches(self, numbers: Sequence[str], viewer: Viewer) -> Mapping[str, Contact]:
        """The users with these numbers."""
        columns = self._settings.first_matched_columns
        spelled = {number: frozenset(written(number, viewer.country)) for number in numbers}
        asked = sorted({form for forms in spelled.values() for form in forms})
        values = Values()
        held_by = f"= ANY({values(asked)}::text[])"
        places = [
            f"{place} {held_by}"
            for column, place in (
                ("exten", _OF_EXTENSIONS),
                ("voicemail_number", _OF_VOICEMAILS),
                ("mobile_phone_number", _OF_MOBILES),
            )
            if column in columns
        ]
        if not asked or not places:
            return {}
        rows = await self._rows(
            [f"u.id IN ({' UNION ALL '.join(places)})"], values, viewer, "ORDER BY u.id"
        )
        found: dict[str, Contact] = {}
        for row in rows:
            fields = _fields(row)
            held = {
                form
                for each in texts_of(fields.get(name) for name in columns)
                for form in (digits_of(each), normal_form(each, viewer.country))
            }
            for number, forms in spelled.items():
                if number not in found and not held.isdisjoint(forms):
                    found[number] = self._contact(row, fields, 0)
        return found

    async def contacts(self, entry_ids: Sequence[str], viewer: Viewer) -> Sequence[Contact]:
        """The users of these ids."""
        ids = [int(each) for each in entry_ids if each.isascii() and each.isdigit()]
        ids = [each for each in ids if each < 2**31]
        if not ids:
            return []
        values = Values()
        wanted = f"u.id = ANY({values(ids)}::int[])"
        rows = await self._rows([wanted], values, viewer, "ORDER BY u.id")
        return [self._contact(row, _fields(row), 0) for row in rows]

    async def close(self) -> None:
        """Nothing to close."""

    def _holding(self, word: Word, values: Values) -> Iterator[str]:
        """Statements that give the ids of users of whom some searched field may hold the word."""
        columns = self._settings.searched_columns
        pattern = values(f"%{escaped(word.text.decode())}%")
        yield f"{_OF_NAMES} LIKE {pattern}"
        if "exten" in columns:
            yield f"{_OF_EXTENSIONS} LIKE {pattern}"
        if "voicemail_number" in columns:
            yield f"{_OF_VOICEMAILS} LIKE {pattern}"
        if "mobile_phone_number" in columns:
            digits = digits_of(word.text.decode())
            for number in (digits.encode(), *word.numbers) if digits else ():
                yield f"{_OF_MOBILES} LIKE {values(f'{escaped(number.decode())}%')}"

    async def _rows(
        self, conditions: Sequence[str], values: Values, viewer: Viewer, end: str
    ) -> Sequence[Any]:
        conditions = list(conditions)
        if viewer.entity_id is not None:
            conditions.append(f"u.entity_id = {values(viewer.entity_id)}")
        if (context := self._settings.extra_search_params.context) is not None:
            conditions.append(f"l.context = {values(context)}")
        statement = " AND ".join((_SELECT, *conditions)) + f"\n{end}"
        return await self._statements.rows(statement, *values)

    def _contact(self, row: Mapping[str, Any], fields: Mapping[str, Any], rank: int) -> Contact:
        relations = Relations(
            xivo_id=self._xivo_id,
            user_id=row["id"],
            user_uuid=str(row["uuid"]),
            endpoint_id=row["line_id"],
            agent_id=row["agent_id"],
        )
        return Contact(self._formatted(fields), str(row["id"]), relations, rank)


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "uuid": str(row["uuid"]),
        "firstname": row["firstname"],
        "lastname": row["lastname"],
        "full_name": f"{row['firstname']} {row['lastname']}".strip(),
        "exten": row["exten"],
        "context": row["context"],
        "mobile_phone_number": row["mobile_phone_number"],
        "voicemail_number": row["voicemail_number"],
        "email": row["email"],
        "userfield": row["userfield"],
        "description": row["description"],
    }
