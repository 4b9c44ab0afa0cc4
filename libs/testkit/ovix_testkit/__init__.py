"""What the tests of all services share: databases, builders, the query recorder, SIP phones."""

from .queries import QueryRecorder

__all__ = ["QueryRecorder"]
