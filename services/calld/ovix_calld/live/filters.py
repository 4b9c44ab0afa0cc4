"""What the connection that follows calls wants to hear (AMI action ``Filter``).

A call sets some sixty variables, each a ``VarSet`` of a kilobyte, and takes a step of the dialplan
a hundred times: Asterisk must not send them, nor take long to find that out.
"""

from collections.abc import Mapping, Sequence

from .calls import CHANNEL_EVENTS, OTHER_EVENTS, VARIABLES

_EVENTS = (*CHANNEL_EVENTS, *OTHER_EVENTS, "OriginateResponse")
_USER_EVENT = "user_missed_call"
_CRITERIA_SINCE = 22


def event_filters(asterisk_version: str) -> Sequence[Mapping[str, str]]:
    """The headers of one ``Filter`` action each, for a release such as ``22.10.1``."""
    major = asterisk_version.partition(".")[0]
    if major.isdecimal() and int(major) >= _CRITERIA_SINCE:
        return _by_criteria()
    return _by_expressions()


def _by_criteria() -> Sequence[Mapping[str, str]]:
    """By name and header, compared as they are (Asterisk 22, "AMI Advanced Event Filtering")."""
    return (
        *({"MatchCriteria": f"name({event}),method(none)"} for event in _EVENTS),
        *(
            {"MatchCriteria": "name(VarSet),header(Variable),method(exact)", "Filter": variable}
            for variable in VARIABLES
        ),
        {
            "MatchCriteria": "name(UserEvent),header(UserEvent),method(exact)",
            "Filter": _USER_EVENT,
        },
    )


def _by_expressions() -> Sequence[Mapping[str, str]]:
    """By POSIX extended expressions, which Asterisk tries on the whole text of every event."""
    return (
        {"Filter": f"^Event: ({'|'.join(_EVENTS)})[[:space:]]"},
        {"Filter": f"^Event: VarSet.*Variable: ({'|'.join(VARIABLES)})[[:space:]]"},
        {"Filter": f"^Event: UserEvent.*UserEvent: {_USER_EVENT}"},
    )
