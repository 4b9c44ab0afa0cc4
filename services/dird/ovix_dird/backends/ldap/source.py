"""Contacts of an LDAP directory, as a source of dird (reference/dird.md, A8.1)."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from ovix_ldap import Entry, LdapFailed, Pool, Resolve, Server, address
from ovix_telephony.phone_numbers import normal_form
from ovix_web.bodies import text
from pydantic import Field, SecretStr, field_validator, model_validator
from sansldap import LDAPFilter

from ...backend import Contact, Remembering, Resources, SourceFailed, SourceSettings, Viewer
from ...matching import Rank, Term, searchable
from ...templates import compile_columns, named_fields
from .filters import own_filter, searching, with_ids, with_numbers

NUMBERS_EACH = 20
IDS_EACH = 100
"""How many numbers, and ids, are asked for by one search."""
VALUES_MAX = 64
"""Values of one attribute that are looked at."""

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*(;[A-Za-z0-9-]+)*|\d+(\.\d+)+")


class LdapSettings(SourceSettings):
    """The server, what is searched below which entry, and how long it may take."""

    remembering: ClassVar[Remembering | None] = Remembering(fresh_s=60, by_user=False)

    secrets: ClassVar[frozenset[str]] = frozenset({"ldap_password"})

    ldap_uri: Annotated[str, text(256, 1)] | None = None
    """``ldap://host[:389]`` or ``ldaps://host[:636]``."""
    ldap_server_uuid: UUID | None = None
    """In its place, one of ``/ldap/servers``, which then also decides on StartTLS."""
    ldap_base_dn: Annotated[str, text(1024, 1)]
    ldap_username: Annotated[str, text(1024)] = ""
    """The DN (Active Directory: also ``user@domain``) to bind as; empty: anonymous."""
    ldap_password: SecretStr = SecretStr("")
    ldap_custom_filter: Annotated[str, text(1024)] | None = None
    """Entries have to match it too; ``%Q`` stands for the term."""
    ldap_starttls: bool = False
    """Encrypt an ``ldap://`` connection before the bind."""
    verify_certificate: bool | Annotated[str, text(4096, 1)] = True
    """Whether the server's certificate is checked; or a file of the authorities that sign it."""
    ldap_network_timeout: float = Field(0.3, gt=0, le=60)
    """Seconds for connecting."""
    ldap_timeout: float = Field(1.0, gt=0, le=60)
    """Seconds for a bind, and for a search."""
    unique_column_format: Literal["string", "binary_uuid"] = "string"
    """``binary_uuid``: the unique column is 16 bytes, as Active Directory's ``objectGUID``."""

    @field_validator("ldap_uri")
    @classmethod
    def _uri(cls, given: str | None) -> str | None:
        if given is not None:
            address(given)
        return given

    @field_validator("ldap_custom_filter")
    @classmethod
    def _filter(cls, given: str | None) -> str | None:
        if given:
            own_filter(given, "term")
            own_filter(given, "")
        return given or None

    @model_validator(mode="after")
    def _searches_something(self) -> "LdapSettings":
        if not self.searched_columns and self.ldap_custom_filter is None:
            raise ValueError("searched_columns or ldap_custom_filter is needed")
        if self.ldap_uri is None and self.ldap_server_uuid is None:
            raise ValueError("ldap_uri or ldap_server_uuid is needed")
        if self.ldap_uri and self.ldap_starttls and address(self.ldap_uri)[2]:
            raise ValueError("ldaps:// is encrypted already: no ldap_starttls")
        columns = (*self.searched_columns, *self.first_matched_columns, self.unique_column)
        for column in columns:
            if column is not None and not _ATTRIBUTE.fullmatch(column):
                raise ValueError(f"{column!r} is not the name of an attribute")
        return self


class LdapBackend:
    """LDAP directories."""

    settings = LdapSettings

    async def open(self, settings: LdapSettings, resources: Resources) -> "LdapSource":
        """Make ready. The server is connected to when it is asked for the first time."""
        return LdapSource(settings, resources.results_max, resources.reach.addresses)


class LdapSource:
    """One directory. Servers are asked loosely, and what comes back is judged here."""

    def __init__(self, settings: LdapSettings, results_max: int, resolve: Resolve) -> None:
        self._settings, self._max = settings, results_max
        self._formatted = compile_columns(settings.format_columns)
        self._names = _names(settings)
        self._binary = settings.unique_column_format == "binary_uuid"
        self._pool = Pool(
            server_of(settings, resolve),
            settings.ldap_username,
            settings.ldap_password.get_secret_value(),
            connect_s=settings.ldap_network_timeout,
            answer_s=settings.ldap_timeout,
        )

    async def search(self, term: str, viewer: Viewer) -> Sequence[Contact]:
        """Entries in whose searched columns every word of the term is."""
        columns, own = self._settings.searched_columns, self._settings.ldap_custom_filter

        def condition(loosely: bool) -> LDAPFilter:
            return searching(term, viewer.country, columns, own, loosely=loosely)

        read = Term.read(term, viewer.country)
        ranked = []
        for entry in await self._entries(condition):
            rank = self._rank(entry, read)
            if rank is not None:
                ranked.append(self._contact(entry, rank))
        ranked.sort(key=lambda contact: contact.rank)
        return ranked[: self._max]

    async def first_match(self, number: str, viewer: Viewer) -> Contact | None:
        """An entry with this number."""
        return (await self.first_matches([number], viewer)).get(number)

    async def first_matches(self, numbers: Sequence[str], viewer: Viewer) -> Mapping[str, Contact]:
        """An entry of each number: by one search, or by two when blanks are in the way."""
        columns = self._settings.first_matched_columns
        own = self._settings.ldap_custom_filter
        if not columns:
            return {}
        found: dict[str, Contact] = {}
        for loosely in (False, True):
            missing = [number for number in numbers if number and number not in found]
            if loosely:
                # What is no number has no other way to be written.
                missing = [each for each in missing if normal_form(each, viewer.country)]
            for start in range(0, len(missing), NUMBERS_EACH):
                some = missing[start : start + NUMBERS_EACH]
                condition = with_numbers(some, viewer.country, columns, own, loosely=loosely)
                for entry in await self._found(condition):
                    for number in self._numbers_of(entry, some, viewer.country):
                        found.setdefault(number, self._contact(entry))
        return found

    async def contacts(self, entry_ids: Sequence[str], viewer: Viewer) -> Sequence[Contact]:
        """Entries by their unique column."""
        column = self._settings.unique_column
        values = [value for value in map(self._id_value, entry_ids) if value]
        if column is None:
            return []
        found = []
        for start in range(0, len(values), IDS_EACH):
            some = values[start : start + IDS_EACH]
            found += [self._contact(each) for each in await self._found(with_ids(some, column))]
        return found

    async def close(self) -> None:
        """End the connections."""
        self._pool.close()

    async def _entries(self, condition: Callable[[bool], LDAPFilter]) -> Sequence[Entry]:
        """What the loose filter finds; where that is too much, what the strict one finds first."""
        loose = condition(True)
        entries, complete = await self._asked(loose)
        strict = condition(False)
        if complete or strict == loose:
            return entries
        certain, _ = await self._asked(strict)
        return list({entry.dn: entry for entry in (*certain, *entries)}.values())

    async def _found(self, condition: LDAPFilter) -> Sequence[Entry]:
        return (await self._asked(condition))[0]

    async def _asked(self, condition: LDAPFilter) -> tuple[Sequence[Entry], bool]:
        try:
            answer = await self._pool.search(
                self._settings.ldap_base_dn, condition, self._wanted(), self._max
            )
        except LdapFailed as error:
            raise SourceFailed(str(error)) from error
        return answer.entries, answer.complete

    def _wanted(self) -> list[str]:
        wanted = list(dict.fromkeys(self._names.values()))
        # Without templates whatever there is makes the contact.
        return wanted if self._settings.format_columns else ["*", *wanted]

    def _rank(self, entry: Entry, term: Term) -> Rank | None:
        values = [
            value
            for column in self._settings.searched_columns
            for value in _texts(entry.attributes.get(column.lower(), ()))
        ]
        if not values:
            # The server knows why: a filter of one's own, or a column that stands for others.
            return Rank.SUBSTRING
        return term.rank_in(searchable(values))

    def _numbers_of(
        self, entry: Entry, numbers: Sequence[str], country: str | None
    ) -> Sequence[str]:
        """Which of the numbers the entry has."""
        values = [
            value
            for column in self._settings.first_matched_columns
            for value in _texts(entry.attributes.get(column.lower(), ()))
        ]
        forms = {normal_form(value, country) for value in values} - {""}
        return [
            number
            for number in numbers
            if number in values or normal_form(number, country) in forms
        ]

    def _contact(self, entry: Entry, rank: int = 0) -> Contact:
        unique = (self._settings.unique_column or "").lower()
        fields: dict[str, Any] = {}
        for name, values in entry.attributes.items():
            if name == unique and self._binary:
                fields[self._names[name]] = _uuid(values)
            elif texts := _texts(values):
                fields[self._names.get(name, entry.names[name])] = texts[0]
        entry_id = fields.get(self._names[unique]) if unique else None
        return Contact(self._formatted(fields), entry_id, rank=rank)

    def _id_value(self, entry_id: str) -> bytes | None:
        if not self._binary:
            return entry_id.encode(errors="replace")
        try:
            return UUID(entry_id).bytes
        except ValueError:
            return None


def _names(settings: LdapSettings) -> dict[str, str]:
    """The attributes to ask for as the settings write them: servers have a case of their own."""
    names = [
        *named_fields(settings.format_columns),
        *settings.searched_columns,
        *settings.first_matched_columns,
        *([settings.unique_column] if settings.unique_column else []),
    ]
    return {name.lower(): name for name in names if _ATTRIBUTE.fullmatch(name)}


def server_of(settings: LdapSettings, resolve: Resolve) -> Server:
    """Where and how a source connects. Raises `SourceFailed`."""
    if settings.ldap_uri is None:
        raise SourceFailed("there is no such LDAP server")
    try:
        return Server.at(
            settings.ldap_uri,
            starttls=settings.ldap_starttls,
            verify=settings.verify_certificate,
            resolve=resolve,
        )
    except OSError as error:
        raise SourceFailed(f"verify_certificate can't be read: {error.strerror}") from error


def _texts(values: Sequence[bytes]) -> list[str]:
    """The values that are texts: pictures and certificates are not."""
    texts = []
    for value in values[:VALUES_MAX]:
        try:
            texts.append(value.decode())
        except UnicodeDecodeError:
            continue
    return texts


def _uuid(values: Sequence[bytes]) -> str | None:
    return str(UUID(bytes=values[0])) if values and len(values[0]) == 16 else None
