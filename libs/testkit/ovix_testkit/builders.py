"""Rows for tests, valid by default: ``a_user(lastname="Dupont")``; no session knows them."""

from itertools import count
from typing import Any

from ovix_schema import (
    CallFilter,
    Context,
    EndpointCustom,
    EndpointSip,
    Entity,
    Extension,
    Line,
    User,
    Voicemail,
)

_numbers = count(1)


def an_entity(**fields: Any) -> Entity:
    """An entity with a name of its own."""
    return Entity(**{"name": f"entity{next(_numbers)}", **fields})


def a_context(**fields: Any) -> Context:
    """An internal context with a name of its own."""
    return Context(**{"name": f"context{next(_numbers)}", "type": "internal", **fields})


def a_user(**fields: Any) -> User:
    """A user whose caller id is made from the name."""
    names = {"firstname": "Jeanne", "lastname": f"Martin{next(_numbers)}", **fields}
    full_name = f"{names['firstname']} {names['lastname']}".strip()
    return User(**{"caller_id": f'"{full_name}"', **names})


def a_sip_endpoint(**fields: Any) -> EndpointSip:
    """A SIP endpoint with credentials of its own."""
    number = next(_numbers)
    return EndpointSip(**{"username": f"sip{number}", "secret": f"secret{number}", **fields})


def a_custom_endpoint(**fields: Any) -> EndpointCustom:
    """A custom endpoint."""
    return EndpointCustom(**{"interface": f"Local/{next(_numbers)}@default", **fields})


def a_line(context: str, **fields: Any) -> Line:
    """A line of a context; its provisioning code counts up from 100000."""
    return Line(**{"context": context, "provisioning_code": str(100000 + next(_numbers)), **fields})


def an_extension(context: str, **fields: Any) -> Extension:
    """A number of a context, counting up from 1000."""
    return Extension(**{"context": context, "exten": str(1000 + next(_numbers)), **fields})


def a_call_filter(**fields: Any) -> CallFilter:
    """A filter of all calls that rings everybody at once."""
    given = {"name": f"filter{next(_numbers)}", "strategy": "all", "source": "all", **fields}
    return CallFilter(**given)


def a_voicemail(context: str, **fields: Any) -> Voicemail:
    """A voicemail box of a context."""
    number = next(_numbers)
    return Voicemail(
        **{"context": context, "name": f"box{number}", "number": str(8000 + number), **fields}
    )
