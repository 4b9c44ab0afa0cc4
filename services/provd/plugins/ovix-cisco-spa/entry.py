"""Cisco's small-business phones and analogue adapters, and the Linksys ones that they were.

All read a flat profile: XML of one level, an element for each parameter, an index behind its name.
The ATA190 alone reads the XML of Unified Communications Manager. Source: the vendor's "SPA
Provisioning Guide" and administration guides of the SPA300/500, SPA900, SPA1xx, SPA8000, PAP2T and
ATA19x series.
"""

from markupsafe import escape
from wazo_provd.devices.pgasso import DeviceSupport
from wazo_provd.vendor import (
    TONES,
    CommonFile,
    Identification,
    Key,
    ModelAssociator,
    Phonebook,
    PhoneFile,
    Sign,
    VendorPlugin,
    authorities,
)

ADAPTERS = ("SPA1", "SPA2", "SPA31", "SPA8", "PAP", "ATA")
LINES_OF_UNKNOWN_MODEL = 4
CONSOLE_KEYS = 32
"""Of an attendant console SPA500S."""

DTMF = {"RTP-in-band": "InBand", "RTP-out-of-band": "AVT", "SIP-INFO": "INFO", None: "Auto"}
CODECS = {"PCMA": "G711a", "PCMU": "G711u", "G722": "G722", "G726-32": "G726-32", "G729": "G729a"}
DEBUG_LEVELS = {"critical": 0, "error": 0, "warning": 1, "info": 2, "debug": 3}

# Codes that the phone would act on itself; without a value, what is dialled goes to the server.
# The pickup code isn't among them: keys of phones that pick up dial it.
STAR_CODES = (
    "Call_Return", "Blind_Transfer", "Call_Back_Act", "Call_Back_Deact", "Call_Back_Busy_Act",
    "Cfwd_All_Act", "Cfwd_All_Deact", "Cfwd_Busy_Act", "Cfwd_Busy_Deact", "Cfwd_No_Ans_Act",
    "Cfwd_No_Ans_Deact", "Cfwd_Last_Act", "Cfwd_Last_Deact", "Block_Last_Act", "Block_Last_Deact",
    "Accept_Last_Act", "Accept_Last_Deact", "CW_Act", "CW_Deact", "CW_Per_Call_Act",
    "CW_Per_Call_Deact", "Block_CID_Act", "Block_CID_Deact", "Block_CID_Per_Call_Act",
    "Block_CID_Per_Call_Deact", "Block_ANC_Act", "Block_ANC_Deact", "DND_Act", "DND_Deact",
    "CID_Act", "CID_Deact", "CWCID_Act", "CWCID_Deact", "Dist_Ring_Act", "Dist_Ring_Deact",
    "Speed_Dial_Act", "Paging", "Secure_All_Call_Act", "Secure_No_Call_Act",
    "Secure_One_Call_Act", "Secure_One_Call_Deact", "Conference_Act", "Attn-Xfer_Act",
    "Modem_Line_Toggle", "FAX_Line_Toggle", "Media_Loopback", "Call_UnPark", "Group_Call_Park",
    "Group_Call_Pickup", "Call_Park",
)  # fmt: skip


def model_of(name):
    """``SPA-942`` is the SPA942; file names leave the series out (``508G``) and vary in case."""
    name = name.replace("-", "")
    return f"SPA{name}".upper() if name[0].isdigit() else name.upper()


def is_adapter(model):
    return model.startswith(ADAPTERS)


class SpaAssociator(ModelAssociator):
    """Cisco makes more than this: a model of another series isn't probably one of these."""

    def _do_associate(self, vendor, model, version):
        support = super()._do_associate(vendor, model, version)
        ours = (model or "").startswith(("SPA", "PAP", "ATA19"))
        return support if ours else DeviceSupport.IMPROBABLE


class CiscoSpaPlugin(VendorPlugin):
    IS_PLUGIN = True
    identification = Identification(
        "Cisco",
        user_agents=[
            Sign(
                r"(?:Cisco|Linksys)/(?P<model>(?:SPA-?|PAP|ATA)\d+[A-Z0-9]*)-(?P<version>\S+)"
                r"(?: \((?P<mac>[0-9A-Fa-f]{12})\))? ?\((?P<sn>\w+)\)$"
            ),
            Sign(r"(?:Cisco|Linksys)/(?P<model>(?:SPA-?|PAP|ATA)\d+[A-Z0-9]*)-(?P<version>\S+)"),
        ],
        paths=[Sign(r".*/(?:ATA)?(?P<mac>[0-9A-Fa-f]{12})(?:\.cnf)?\.xml$")],
        tftp=[
            Sign(r"spa(?P<model>\d{3,4}[A-Za-z0-9]*)\.cfg$", vendor="Cisco"),
            Sign(r"init\.cfg$", vendor="Cisco", model="PAP2T"),
            # By TFTP alone: no other request would tell the mac that its file is written for.
            Sign(r"ATA(?P<mac>[0-9A-Fa-f]{12})\.cnf\.xml$", vendor="Cisco", model="ATA190"),
        ],
        dhcp=[
            Sign(r"LINKSYS (?P<model>(?:SPA-?|PAP)\d+[A-Z0-9]*)"),
            Sign(r"(?i:cisco) (?P<model>(?:SPA-?|ATA)\d+[A-Z0-9]*)"),
            Sign(r"Cisco Systems, Inc\. IP Phone (?P<model>SPA\d+[A-Z0-9]*)"),
        ],
        model=model_of,
    )
    files = (
        PhoneFile("{mac}.xml", wanted=lambda phone: phone.model != "ATA190"),
        PhoneFile("ATA{MAC}.cnf.xml", wanted=lambda phone: phone.model == "ATA190"),
        PhoneFile("{mac}-authorities.pem", content=authorities),
    )
    phonebook = Phonebook("cisco")

    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        self.pg_associator = SpaAssociator("Cisco", tuple(self.models))

    @property
    def common_files(self):
        """What a phone asks for first, named by its model: it tells where its own profile is."""
        names = {model: model.replace("SPA", "spa") for model in self.models}
        names |= {"PAP2T": "init", "ATA190": "ata19x", "ATA191": "ata19x", "ATA192": "ata19x"}
        return (
            CommonFile("{model}.cfg", "first.tpl", code=names),
            CommonFile("dialplan.xml", "dialplan.tpl"),
        )

    def get_remote_state_trigger_filename(self, device):
        name = super().get_remote_state_trigger_filename(device)
        if name is not None and device.get("model") == "ATA190":
            return "ATA{}.cnf.xml".format(name.removesuffix(".xml").upper())
        return name

    def variables(self, phone, raw_config):
        adapter = is_adapter(phone.model)
        size = phone.capacity.get("lines", LINES_OF_UNKNOWN_MODEL)
        keys = {} if adapter else keys_of(phone)
        return {
            "adapter": adapter,
            "size": size,
            "line_keys": {k: v for k, v in keys.items() if k <= size},
            "consoles": {
                unit: {
                    number: keys.get(size + (unit - 1) * CONSOLE_KEYS + number, ("", ""))[1]
                    for number in range(1, CONSOLE_KEYS + 1)
                }
                for unit in range(1, phone.capacity.get("expansion_modules", 0) + 1)
            },
            "dtmf": DTMF,
            "codecs": [
                CODECS[name]
                for name in phone.codecs
                if name in CODECS and (name != "G722" or phone.model.startswith("SPA5"))
            ],
            "debug_level": DEBUG_LEVELS.get(phone.syslog.level, 1) if phone.syslog else 0,
            "star_codes": STAR_CODES,
            "tones": TONES.get(phone.country),
            "script": tone_script,
            "day": day,
            "proxies": proxies,
        }


def keys_of(phone):
    """Label and function of each function key, by its place among the keys of lines."""
    return {
        place: (field(key.label), function(key, phone))
        for place, key in phone.places().items()
        if isinstance(key, Key)
    }


def field(text):
    """In an extended function, where a semicolon begins the next field."""
    return escape(text.unescape().replace(";", " "))


def function(key, phone):
    """The extended function of a line key ("Configuring BLF, Speed Dial and Pickup")."""
    line = phone.line(key.line) or next(iter(phone.lines), None)
    value = field(key.value)
    target = f"{value}@{line.proxy.host}" if line else value
    if key.type == "blf":
        return escape("fnc=blf+sd+cp;sub={};ext={};nme={}").format(target, target, field(key.label))
    return escape("fnc=sd;ext={};nme={}").format(target, field(key.label))


def proxies(line):
    """Where the account registers; two servers are written as DNS would tell them (RFC 2782)."""
    servers = [line.proxy] + ([line.backup_proxy] if line.backup_proxy else [])
    if len(servers) == 1:
        return escape("{}:{}").format(line.proxy.host, line.proxy.port)
    return escape("servers:SRV=") + escape("|").join(
        escape("{}:{}:p={}").format(server.host, server.port, priority)
        for priority, server in enumerate(servers)
    )


def day(switch):
    """``month/day/weekday/time``: that weekday on or after the day; -1: the last of the month."""
    first = -1 if switch.week == 5 else (switch.week - 1) * 7 + 1
    return f"{switch.month}/{first}/{switch.iso_weekday}/{switch.hour}:{switch.minute}:0"


def tone_script(tone):
    """Frequencies at a level in dBm; how long all sounds in s; sound, silence and what sounds."""
    frequencies = ",".join(f"{frequency}@-19" for frequency in tone.frequencies)
    together = "+".join(str(number) for number in range(1, len(tone.frequencies) + 1))
    if not tone.cadence:
        return f"{frequencies};10(*/0/{together})"
    steps = zip(tone.cadence[::2], tone.cadence[1::2], strict=True)
    sections = ",".join(f"{on / 1000:g}/{off / 1000:g}/{together}" for on, off in steps)
    return f"{frequencies};*({sections})"
