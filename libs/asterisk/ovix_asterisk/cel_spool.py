"""The columns of the CEL spool: what cel_custom.conf writes, in which order, and calld reads.

confgen writes cel_custom.conf as ``[mappings]`` with one line ``{file name} => {MAPPING}``
(cel_custom.conf.sample). Asterisk opens the file for each record, so that renaming it is a safe
rotation. ``dateformat`` must stay unset in cel.conf: the time is then ``seconds.microseconds`` UTC.
"""

SPOOL_COLUMNS: tuple[tuple[str, str], ...] = (
    ("eventtype", "${eventtype}"),
    ("eventtime", "${eventtime}"),
    ("userdeftype", "${userdeftype}"),
    ("cid_name", "${CALLERID(name)}"),
    ("cid_num", "${CALLERID(num)}"),
    ("cid_ani", "${CALLERID(ANI)}"),
    ("cid_rdnis", "${CALLERID(RDNIS)}"),
    ("cid_dnid", "${CALLERID(DNID)}"),
    ("exten", "${CHANNEL(exten)}"),
    ("context", "${CHANNEL(context)}"),
    ("channame", "${CHANNEL(channame)}"),
    ("appname", "${CHANNEL(appname)}"),
    ("appdata", "${CHANNEL(appdata)}"),
    ("amaflags", "${CHANNEL(amaflags)}"),
    ("accountcode", "${CHANNEL(accountcode)}"),
    ("peeraccount", "${CHANNEL(peeraccount)}"),
    ("uniqueid", "${CHANNEL(uniqueid)}"),
    ("linkedid", "${CHANNEL(linkedid)}"),
    ("userfield", "${CHANNEL(userfield)}"),
    ("peer", "${BRIDGEPEER}"),
    ("extra", "${eventextra}"),
)
"""Column of the table ``cel`` and the dialplan expression that gives it, in the file's order."""

MAPPING = ",".join(f"${{CSV_QUOTE({expression})}}" for _, expression in SPOOL_COLUMNS)

EVENTS = (
    "APP_START",
    "CHAN_START",
    "CHAN_END",
    "ANSWER",
    "HANGUP",
    "BRIDGE_ENTER",
    "BRIDGE_EXIT",
    "USER_DEFINED",
    "LINKEDID_END",
    "ATTENDEDTRANSFER",
    "BLINDTRANSFER",
)
"""``events`` of cel.conf; the call log needs each of them."""

APPLICATIONS = ("dial", "park", "queue", "voicemail")
"""``apps`` of cel.conf."""
