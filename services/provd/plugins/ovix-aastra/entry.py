"""Aastra's 67xx and 68xx desk phones and their successors, Mitel's 69xx.

Files are lines of ``name: value``. Source: the vendor's administrator guides of the 5i (3.x), 6800
(4.x, 5.x) and 6900 (5.x, 6.x) series, "Configuration Parameters".
"""

import re
from urllib.parse import urlsplit

from wazo_provd.vendor import (
    CommonFile,
    Format,
    Identification,
    Phonebook,
    PhoneFile,
    Sign,
    VendorPlugin,
    authorities,
    one_line,
    pem,
)

# The rows of keys of each model, in the order in which function keys are numbered over them.
PROGRAMMABLE, TOP, SOFT = "prgkey", "topsoftkey", "softkey"
KEY_ROWS = {
    "6730i": ((PROGRAMMABLE, 8),),
    "6731i": ((PROGRAMMABLE, 8),),
    "6735i": ((PROGRAMMABLE, 6), (SOFT, 20)),
    "6737i": ((TOP, 10), (SOFT, 20)),
    "6739i": ((SOFT, 55),),
    "6751i": (),
    "6753i": ((PROGRAMMABLE, 6),),
    "6755i": ((PROGRAMMABLE, 6), (SOFT, 20)),
    "6757i": ((TOP, 10), (SOFT, 20)),
    "6863i": ((PROGRAMMABLE, 3),),
    "6865i": ((PROGRAMMABLE, 8),),
    "6867i": ((TOP, 20), (SOFT, 18)),
    "6869i": ((TOP, 44), (SOFT, 24)),
    "6873i": ((TOP, 48), (SOFT, 30)),
    "6905": ((PROGRAMMABLE, 3),),
    "6910": ((PROGRAMMABLE, 8),),
    "6915": ((TOP, 20), (SOFT, 18)),
    "6920": ((TOP, 20), (SOFT, 18)),
    "6930": ((TOP, 44), (SOFT, 24)),
    "6940": ((TOP, 48), (SOFT, 30)),
    "6970": ((SOFT, 55),),
    "9143i": ((PROGRAMMABLE, 7),),
    "9480i": ((SOFT, 20),),
}
ANY_MODEL = ((SOFT, 20),)
MODULE_KEYS = {"6735i": 60, "6737i": 60, "6739i": 60, "6755i": 60, "6757i": 60, "6753i": 36}
LARGEST_MODULE = 84
WITHOUT_DIRECTORY_SCRIPT = re.compile(r"67|9[14]")

TONE_SETS = {
    "AU": "Australia", "BR": "Brazil", "CA": "US", "DE": "Germany", "FR": "France",
    "GB": "UK", "IT": "Italy", "MX": "Mexico", "MY": "Malaysia", "RU": "Russia", "US": "US",
}  # fmt: skip
LANGUAGES = {
    "de": ("lang_de.txt", "German"),
    "en": (None, "English"),
    "es": ("lang_es.txt", "Spanish"),
    "fr": ("lang_fr.txt", "French"),
    "it": ("lang_it.txt", "Italian"),
    "nl": ("lang_nl.txt", "Dutch"),
    "pt": ("lang_pt.txt", "Portuguese"),
}
DIRECTORY_LABELS = {"de": "Telefonbuch", "es": "Directorio", "fr": "Annuaire", "it": "Rubrica"}
PAYLOADS = {"PCMU": 0, "PCMA": 8, "G722": 9, "G729": 18}
TWELVE_HOURS = {"AU", "CA", "US"}


def setting(text):
    """To the end of the line; ``#`` begins a comment outside of double quotes only."""
    text = one_line(text).strip()
    if "#" not in text and not text.startswith('"'):
        return text
    return '"{}"'.format(text.replace('"', "'"))


def model_of(name):
    """The first 5i phones called themselves by the last two digits: 57i is the 6757i."""
    return f"67{name}" if re.fullmatch(r"5\di(?:CT)?", name) else name


def bare(model):
    """Of a phone with or without Wi-Fi."""
    return re.sub(r"\(?w\)?$", "", model)


def own_chain(raw_config):
    """What the phone sends before its own certificate."""
    found = raw_config.get("sip_local_root_and_intermediate_certificates") or ()
    return "".join(pem(certificate) for certificate in found) or None


def part_of_identity(key):
    """The phone wants its certificate and its key in two files."""

    def content(raw_config):
        complete = raw_config.get("sip_local_certificate") and raw_config.get("sip_local_key")
        return pem(raw_config[key]) if complete else None

    return content


class AastraPlugin(VendorPlugin):
    IS_PLUGIN = True
    identification = Identification(
        "Aastra",
        user_agents=[
            Sign(
                r"(?:Aastra|Mitel)(?P<model>\w+) MAC:(?P<mac>\S{12,17}) "
                r"V:(?P<version>\S+?)(?:-SIP)?$"
            )
        ],
        model=model_of,
    )
    files = (
        PhoneFile("Aastra/{MAC}.cfg"),
        PhoneFile("Aastra/{MAC}-authorities.pem", content=authorities),
        PhoneFile("Aastra/{MAC}-chain.pem", content=own_chain),
        PhoneFile(
            "Aastra/{MAC}-certificate.pem", content=part_of_identity("sip_local_certificate")
        ),
        PhoneFile("Aastra/{MAC}-key.pem", content=part_of_identity("sip_local_key")),
    )
    common_files = (CommonFile("Aastra/aastra.cfg", "aastra.tpl"),)
    format = Format(setting, lost='"')
    phonebook = Phonebook("aastra")

    def variables(self, phone, raw_config):
        server = urlsplit(phone.server_url)
        language_file, input_language = LANGUAGES.get(phone.language, (None, None))
        return {
            "server": server,
            "keys": self._keys(phone),
            "payloads": [PAYLOADS[name] for name in phone.codecs if name in PAYLOADS],
            "language_file": language_file,
            "input_language": input_language,
            "tone_set": TONE_SETS.get(phone.country, "Europe" if phone.country else None),
            "twelve_hours": phone.country in TWELVE_HOURS,
            "directory_script": not WITHOUT_DIRECTORY_SCRIPT.match(phone.model),
        }

    def _keys(self, phone):
        """Name of the key, and what it is set to."""
        names = [
            f"{row}{number}"
            for row, size in KEY_ROWS.get(bare(phone.model), ANY_MODEL)
            for number in range(1, size + 1)
        ]
        module = MODULE_KEYS.get(phone.model, LARGEST_MODULE)
        found = []
        for key in phone.keys:
            if key.position <= len(names):
                name = names[key.position - 1]
            else:
                number = key.position - len(names) - 1
                name = f"expmod{number // module + 1} key{number % module + 1}"
            value = key.value
            if key.type == "park":
                value = setting("asterisk;{}".format(value.strip('"')))
            found.append((name, key.type, key.label, value, key.line))
        if names and names[-1] not in {name for name, *_ in found}:
            found += self._directory_key(phone, names[-1])
        return found

    def _directory_key(self, phone, name):
        """On the last key, where the phone's own directory key can't be given another meaning."""
        if phone.phonebook_url and WITHOUT_DIRECTORY_SCRIPT.match(phone.model):
            label = DIRECTORY_LABELS.get(phone.language, "Directory")
            yield name, "xml", label, phone.phonebook_url, None
