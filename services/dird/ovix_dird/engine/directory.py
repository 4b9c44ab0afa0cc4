"""Lookups in all sources of a profile at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar

from ..backend import Contact, Source, SourceFailed, Viewer
from ..errors import NoFavoritesService
from .configuration import Configuration, ProfileConfig, ServiceName, SourceConfig
from .favorites import Favorites
from .merging import in_order, merged
from .opened import Question
from .race import Race
from .results import FailedSource, Found, Hit, Reversed
from .sources import Sources

T = TypeVar("T")
Marked: TypeAlias = Mapping[str, frozenset[str]]
"""Entry ids of a user's favorites, by the uuid of their source."""
HEAD_START_S = 0.02
"""How long a number is looked for here before it is asked for elsewhere as well."""
Answers: TypeAlias = list[tuple[SourceConfig, T | SourceFailed]]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """What a source may take, in seconds, where the profile does not say it."""

    lookup: float = 2.9
    reverse: float = 1.0


class Directory:
    """What REST and phones ask. Every method raises `UnknownProfile`.

    ``current`` gives the configuration, after waiting for a change that was just made here.
    """

    def __init__(
        self,
        current: Callable[[], Awaitable[Configuration]],
        sources: Sources,
        favorites: Favorites,
        timeouts: Timeouts,
    ) -> None:
        self._current, self._sources = current, sources
        self._favorites, self._timeouts = favorites, timeouts

    async def profile(self, name: str, viewer: Viewer) -> ProfileConfig:
        """The profile of that name, as the viewer's entity has it."""
        return (await self._current()).profile(name, viewer.entity_id)

    async def viewer(self, user_uuid: str | None, entity_id: int | None) -> Viewer:
        """Who looks, with the country of their entity."""
        country = (await self._current()).country(entity_id)
        return Viewer(user_uuid=user_uuid, entity_id=entity_id, country=country)

    async def lookup(
        self,
        profile: str,
        term: str,
        viewer: Viewer,
        limit: int | None = None,
        offset: int = 0,
        *,
        within_s: float | None = None,
    ) -> Found:
        """Contacts that match the term, from the sources of the profile's lookup service.

        Best matches first; equal ones in the order of the sources. ``within_s`` is what a source
        may take for somebody in a hurry, where the profile allows more.
        """
        configuration = await self._current()
        chosen = configuration.profile(profile, viewer.entity_id)
        service = chosen.service("lookup")
        timeout_s = self._timeout(chosen, "lookup")
        marked, answers = await asyncio.gather(
            self._marked(viewer),
            self._all(
                configuration.of_service(chosen, "lookup"),
                lambda source: source.search(term, viewer),
                timeout_s if within_s is None else min(timeout_s, within_s),
            ),
        )
        found = self._found(chosen, answers, marked)
        hits = found.hits
        if service is not None:
            hits = merged(hits, chosen.columns, service.merge, viewer.country)
        end = None if limit is None else offset + limit
        return replace(found, hits=hits[offset:end], total=len(hits))

    async def reverse(self, profile: str, numbers: Sequence[str], viewer: Viewer) -> Reversed:
        """Whom the numbers belong to.

        Of one number, the first source that knows it says it; of several, each one's first source.
        """
        configuration = await self._current()
        chosen = configuration.profile(profile, viewer.entity_id)
        sources = configuration.of_service(chosen, "reverse")
        timeout_s = self._timeout(chosen, "reverse")
        if len(numbers) == 1:
            return await self._first(sources, numbers[0], viewer, timeout_s)
        answers = await self._all(
            sources, lambda source: source.first_matches(numbers, viewer), timeout_s
        )
        hits: dict[str, Hit] = {}
        for config, answer in answers:
            if not isinstance(answer, SourceFailed):
                for number, contact in answer.items():
                    hits.setdefault(number, Hit(contact, config.named))
        return Reversed(hits, _failures(answers))

    async def favorites(self, profile: str, viewer: Viewer) -> Found:
        """The viewer's favorites. Raises `NoFavoritesService`."""
        configuration = await self._current()
        chosen = configuration.profile(profile, viewer.entity_id)
        if chosen.service("favorites") is None:
            raise NoFavoritesService(profile=profile)
        marked = await self._marked(viewer)
        sources = [
            each for each in configuration.of_service(chosen, "favorites") if each.uuid in marked
        ]
        tasks = [
            self._one(
                each, _contacts_of(marked[each.uuid], viewer), self._timeout(chosen, "favorites")
            )
            for each in sources
        ]
        answers = list(zip(sources, await asyncio.gather(*tasks), strict=True))
        return self._found(chosen, answers, marked)

    async def personal(self, profile: str, viewer: Viewer) -> Found:
        """The viewer's own contacts, all of them."""
        configuration = await self._current()
        chosen = configuration.profile(profile, viewer.entity_id)
        looked_up = configuration.of_service(chosen, "lookup")
        visible = [
            each
            for each in (*looked_up, *configuration.sources.values())
            if each.backend == "personal" and each.entity_id in (None, viewer.entity_id)
        ]
        marked, answers = await asyncio.gather(
            self._marked(viewer),
            self._all(
                visible[:1],
                lambda source: source.search("", viewer),
                self._timeout(chosen, "lookup"),
            ),
        )
        return self._found(chosen, answers, marked)

    def _timeout(self, profile: ProfileConfig, name: ServiceName) -> float:
        service = profile.service(name)
        if service is not None and service.timeout_s is not None:
            return service.timeout_s
        return self._timeouts.reverse if name == "reverse" else self._timeouts.lookup

    async def _marked(self, viewer: Viewer) -> Marked:
        if viewer.user_uuid is None:
            return {}
        return await self._favorites.of_user(viewer.user_uuid)

    async def _one(
        self, config: SourceConfig, question: Question[T], timeout_s: float
    ) -> "T | SourceFailed":
        try:
            return await self._sources[config.uuid].ask(question, timeout_s)
        except SourceFailed as failure:
            return failure

    async def _whose(
        self, config: SourceConfig, number: str, viewer: Viewer, timeout_s: float
    ) -> Contact | SourceFailed | None:
        try:
            return await self._sources[config.uuid].whose(number, viewer, timeout_s)
        except SourceFailed as failure:
            return failure

    async def _all(
        self, configs: Sequence[SourceConfig], question: Question[T], timeout_s: float
    ) -> "Answers[T]":
        asked = (self._one(each, question, timeout_s) for each in configs)
        return list(zip(configs, await asyncio.gather(*asked), strict=True))

    async def _first(
        self, configs: Sequence[SourceConfig], number: str, viewer: Viewer, timeout_s: float
    ) -> Reversed:
        """The first answer that is one; whoever is slower is not waited for.

        Sources elsewhere are asked once those that are here don't know the number, or soon.
        """
        near = [each for each in configs if not self._sources[each.uuid].is_far]
        far = [each for each in configs if self._sources[each.uuid].is_far]
        race = Race()
        try:
            for group, within_s in ((near, HEAD_START_S if far else None), (far, None)):
                for each in group:
                    race.enter(each, self._whose(each, number, viewer, timeout_s))
                hit = await race.winner(within_s)
                if hit is not None:
                    return Reversed({number: hit}, race.failed)
        finally:
            race.end()
        return Reversed({}, race.failed)

    def _found(
        self, profile: ProfileConfig, answers: "Answers[Sequence[Contact]]", marked: Marked
    ) -> Found:
        by_source = [
            [
                Hit(contact, config.named, contact.entry_id in marked.get(config.uuid, ()))
                for contact in answer
            ]
            for config, answer in answers
            if not isinstance(answer, SourceFailed)
        ]
        hits = in_order(by_source)
        failed = _failures(answers)
        return Found(profile.columns, hits, len(hits), failed, profile.phone_display)


def _contacts_of(
    entry_ids: frozenset[str], viewer: Viewer
) -> Callable[[Source], Awaitable[Sequence[Contact]]]:
    return lambda source: source.contacts(sorted(entry_ids), viewer)


def _failures(answers: "Answers[Any]") -> list[FailedSource]:
    return [
        FailedSource(config.named, str(answer))
        for config, answer in answers
        if isinstance(answer, SourceFailed)
    ]
