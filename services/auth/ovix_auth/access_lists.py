"""The access lists that back ends give (reference/auth.md, A4 and A5)."""

import re

_CALL_CONTROL = (
    "users.me.#",
    "users.*.presences.read",
    "lines.*.presences.read",
    "transfers.*.read",
    "transfers.*.delete",
    "transfers.*.complete.update",
)

USER: tuple[str, ...] = (
    "confd.users.me.read",
    "confd.users.me.update",
    "confd.users.me.funckeys.*",
    "confd.users.me.funckeys.*.*",
    "confd.users.me.#.read",
    "confd.users.me.services.*.*",
    "confd.users.me.forwards.*.*",
    # Call control was called ctid-ng in XiVO's days; calld accepts both names.
    *(f"ctid-ng.{each}" for each in _CALL_CONTROL),
    *(f"calld.{each}" for each in _CALL_CONTROL),
    "dird.#.me.read",
    "dird.directories.favorites.#",
    "dird.directories.lookup.*.headers.read",
    "dird.directories.lookup.*.read",
    "dird.directories.personal.*.read",
    "dird.personal.#",
    "events.calls.me",
    "events.transfers.me",
    "events.chat.message.*.me",
    "events.statuses.*",
    "events.switchboards",
    "events.users.me.#",
    "events.config.users.me.#",
    "websocketd",
)
"""A5, with call control under its new name too."""

_ADMIN: tuple[str, ...] = (
    "confd.#",
    "auth.#",
    "calld.#",
    "ctid-ng.#",
    "agentd.#",
    "amid.#",
    "provd.#",
    "confgen.#",
    "webhookd.#",
    "events.#",
    "websocketd",
)
"""A4 has ``confd.#`` alone: XiVO's web interface used other rights for the rest."""


def admin(entity_name: str | None) -> tuple[str, ...]:
    """Everything; an entity's own administrator reaches only that entity's phonebooks.

    The other services keep to the entity by the token's ``entity_id``.
    """
    if entity_name is None:
        return (*_ADMIN, "dird.tenants.#")
    word = re.sub(r"[.*#!]", "_", entity_name)  # a name must not become a pattern
    return (*_ADMIN, f"dird.tenants.{word}.#")
