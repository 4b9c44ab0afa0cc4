"""Custom destinations: the dialplan applications that an administrator may have run.

The dialplan runs them through ``Exec``, as the user that Asterisk runs as. An administrator of one
entity must not come to a shell of the machine by them, nor to its files, nor to what all entities
share: a global variable says where agid is.
"""

import re
from typing import Any

from .destination_fields import text

FORBIDDEN = "Commands that run programs or open files are not accepted."

_WELL_FORMED = text("command", r"(?i:[a-z]{3,}\(.*\))").check
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_AGID = re.compile(r"\$\{XIVO_AGID_IP\}")
_AGID_ADDRESS = "127.0.0.1"
# A local script is one that the operator has put where Asterisk looks for them: a name, no path.
# A server elsewhere could have anything run.
_SCRIPT = r"(?:[\w.-]+\s*[,|;)]|agi://(?:127\.0\.0\.1|localhost)(?::\d+)?/)"
# Of what all calls or channels share, ``${GLOBAL(x)}`` and its like alone is no writing. The name
# of a variable is written out, not made by an expression; the key of a DB() may be one.
_FORBIDDEN = re.compile(
    rf"""
    (?:system | shell | externalivr | originate | \bfile) \s* \(
    | monitor_exec | record_command
    | \b ast_(?:config|sorcery) \s* \(
    | (?<!\$\{{) \b (?:global | master_channel | shared) \s* \(
    | \b m?set \s* \( \s* \w* \$
    | \b mset \s* \( .* [,|;] \s* \w* \$ [^=,|;]* =
    | \b (?:array | local | push | unshift) \s* \( [^=]* \$ [^=]* =
    | xivo_agid_ip
    | \b (?:e|dead)? agi \s* \( \s* (?! {_SCRIPT} )
    """,
    re.IGNORECASE | re.VERBOSE,
)
# The third argument of MixMonitor is a command for the shell.
_RECORDING_COMMAND = re.compile(r"monitor\s*\((?:[^,|;]*[,|;]){2}(?!\s*\)*\s*$)", re.IGNORECASE)
# What a variable holds is known when the call is there: it must not be the application's name.
_HIDDEN_APPLICATION = re.compile(
    r"""
    \} \w* \s* \(
    | \b (?:try)? exec \s* \( \s* (?! \w+ \s* \( )
    | \b execif (?:time)? \s* \( .* [?:] \s* \w* \$\{
    """,
    re.IGNORECASE | re.VERBOSE,
)


def checked_command(value: Any) -> str:
    """The command, or ``ValueError`` with the reason why it is not accepted."""
    command = str(_WELL_FORMED(value))
    if leaves_the_dialplan(command):
        raise ValueError(FORBIDDEN)
    return command


def leaves_the_dialplan(command: str) -> bool:
    """Whether the command runs a program, touches a file or what all share, or may do so unseen."""
    command = _AGID.sub(_AGID_ADDRESS, command)
    # A variable may be empty, which makes ``Sys${X}tem(`` a ``System(``.
    bare = _without_variables(command)
    return bool(
        _HIDDEN_APPLICATION.search(command)
        or _FORBIDDEN.search(command)
        or _FORBIDDEN.search(bare)
        or _RECORDING_COMMAND.search(bare)
    )


def _without_variables(command: str) -> str:
    shorter = _VARIABLE.sub("", command)
    return shorter if shorter == command else _without_variables(shorter)


__all__ = ["checked_command", "leaves_the_dialplan"]
