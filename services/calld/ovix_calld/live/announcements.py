"""Changes of calls as events of the bus (``ovix_bus.catalogue.calls``)."""

from ovix_bus import Event
from ovix_bus.catalogue import calls

from .changes import Change, Kind

LEG_FIELDS = ("call_id", "user_uuid", "seq")


def event_of(change: Change) -> Event:
    """The event that tells the change to the call's user, or to administrators if it has none."""
    data = dict(change.data)
    match change.kind:
        case Kind.CREATED:
            return calls.call_created(**data)
        case Kind.UPDATED:
            return calls.call_updated(**data)
        case Kind.ANSWERED:
            return calls.call_answered(**data)
        case Kind.ENDED:
            return calls.call_ended(**data)
        case Kind.HELD:
            return calls.call_held(**{key: data[key] for key in LEG_FIELDS})
        case Kind.RESUMED:
            return calls.call_resumed(**{key: data[key] for key in LEG_FIELDS})
        case Kind.MISSED:
            return calls.user_missed_call(**data)
