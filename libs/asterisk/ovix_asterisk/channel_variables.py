"""Channel variables that the call events read, for manager.conf.

confgen writes ``channelvars = {MANAGER_CHANNEL_VARIABLES joined by ','}`` in the ``[general]``
section of manager.conf: Asterisk then adds ``ChanVariable: NAME=value`` to every channel event and
to each entry of ``Status`` and ``CoreShowChannels`` (manager.conf.sample, "channelvars"). calld
also follows ``VarSet`` of the same names, because the ``Newchannel`` event is sent before the
endpoint's ``set_var`` are applied.
"""

USER_UUID = "XIVO_USERUUID"
"""The user the channel belongs to; ``set_var`` of each line's endpoint."""

BASE_EXTENSION = "XIVO_BASE_EXTEN"
"""The extension that was dialled, kept by the dialplan while the call goes through contexts."""

ENTRY_EXTENSION = "WAZO_ENTRY_EXTEN"
"""The extension that the caller asked for; set by calld on the first leg of a click-to-call."""

ON_HOLD = "XIVO_ON_HOLD"
"""``1`` while the channel holds its peer; set by calld."""

MANAGER_CHANNEL_VARIABLES = (USER_UUID, BASE_EXTENSION, ENTRY_EXTENSION, ON_HOLD)
