"""Pressing keys of desk phones from afar: a SIP NOTIFY that Asterisk sends.

Yealink's and Fanvil's phones take it, each key by the same name; those of other vendors would
answer with an error at best (reference/phoned.md, C4 and C5).
"""

from enum import StrEnum

from ovix_asterisk.ami_servers import AmiServers, Manager, managers

from ..settings import DirdSettings

TAKEN_BY = ("fanvil", "yealink")
"""Vendors, in lower case, whose phones take such keys."""
CONNECTED_WITHIN_S = 3.0
"""How long a key waits for an Asterisk, where none is connected."""


class Key(StrEnum):
    """What is pressed, as the phones name it."""

    ANSWER = "ANSWER"
    DND_OFF = "DNDOff"
    DND_ON = "DNDOn"
    HOLD = "F_HOLD"
    """Holds the call, and takes it back where it is held."""


class RemoteKeys:
    """Presses keys through the first Asterisk that does it. Connects for the first key."""

    def __init__(self, *through: Manager) -> None:
        self._servers = AmiServers(*through)

    async def press(self, endpoint: str, key: Key) -> None:
        """Have the phone of this SIP endpoint do as if the key was pressed.

        Raises `AmiRefused` where Asterisk knows no such endpoint, else `AmiError`.
        """
        variables = ["Content-Type=message/sipfrag", "Event=ACTION-URI", f"Content=key={key}"]

        async def pressed(manager: Manager) -> None:
            await manager.send("PJSIPNotify", Endpoint=endpoint, Variable=variables)

        await self._servers.by_the_first(pressed, CONNECTED_WITHIN_S)

    async def close(self) -> None:
        """Disconnect."""
        await self._servers.close()


def remote_keys(settings: DirdSettings) -> RemoteKeys:
    """Through the Asterisks of the settings."""
    return RemoteKeys(*managers(*settings.ami_accounts()))
