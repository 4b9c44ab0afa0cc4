"""Snom: XML settings of desk phones (firmware 8.7 to 10) and of the DECT bases of the M series."""

from wazo_provd.vendor import (
    CommonFile,
    Identification,
    Phonebook,
    PhoneFile,
    Sign,
    VendorPlugin,
    authorities,
)

MAC = r"(?P<mac>[0-9A-Fa-f]{12})"


class SnomPlugin(VendorPlugin):
    IS_PLUGIN = True

    identification = Identification(
        "Snom",
        user_agents=(
            Sign(rf".*?\bsnom(?P<model>\w+)-SIP (?P<version>[^\s)]+)(?:.*\b{MAC}\b)?"),
            Sign(rf".*?\b[Ss]nom (?P<model>M\w+) (?P<version>\S+) {MAC}\b"),
        ),
        paths=(Sign(rf"/snom\w+-{MAC}\.html?$"), Sign(rf"/{MAC}\.xml$")),
    )
    files = (
        PhoneFile("{MAC}.xml"),
        PhoneFile("snom{model}-{MAC}.htm", "files.tpl", wanted=lambda phone: bool(phone.model)),
        PhoneFile("{MAC}-authorities.pem", content=authorities),
    )
    common_files = (CommonFile("snom{model}.htm", "model.tpl"),)
    phonebook = Phonebook("snom", "input")

    def event(self, device):
        """Bases read their files when they start, and only then."""
        is_base = self.models.get(device.get("model"), {}).get("type") == "dect"
        return f"check-sync;reboot={'true' if is_base else 'false'}"
