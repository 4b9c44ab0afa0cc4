"""Events announced by the same statement that makes the change.

The rows of the outbox are those of ``ovix_bus.outbox_row``; only what the statement itself finds
out (the user's uuid, whether the service is on now) is filled in by SQL, so that reading, changing
and announcing stay one round trip to the database and one transaction.
"""

from uuid import UUID

from ovix_bus.event import Event
from ovix_bus.outbox import outbox_row

SOME_USER = UUID("00000000-0000-4000-8000-000000000000")
"""Stands for the user in the event that is given; SQL puts the real one in its place."""


def announcing(event: Event, source: str, **data: str) -> str:
    """SQL that writes ``event`` to the outbox once per row of ``source``, which has a ``uuid``.

    ``data`` gives an SQL expression over ``source`` for each field of the event's data that is
    known to the statement only. All of it is made of constants of the code.
    """
    name, routing_key, body = outbox_row(event)
    fields = ", ".join(f"'{field}', {expression}" for field, expression in data.items())
    return f"""
        INSERT INTO outbox (name, routing_key, body)
        SELECT {_literal(name)}, {_for_user(routing_key)},
               made.body || jsonb_build_object(
                   'data', (made.body -> 'data') || jsonb_build_object({fields}))
        FROM {source}, LATERAL (SELECT {_for_user(body)}::jsonb AS body) made
    """  # noqa: S608 - made of constants of the code


def _for_user(text: str) -> str:
    return f"replace({_literal(text)}, '{SOME_USER}', uuid::text)"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


__all__ = ["SOME_USER", "announcing"]
