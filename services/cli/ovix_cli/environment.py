"""The environment that ``ovix up`` gives to every service."""

import os
from collections.abc import Mapping

from .addresses import AGID, AGID_HTTP, AMI, AUTH, CALLD, CONFD, CONFGEN, SIP, WEBSOCKET
from .home import Home

SERVICES = ("auth", "confd", "agid", "calld", "confgen")
AMI_USER = "ovix"


def service_environment(
    home: Home, *, database_url: str, listen: str, coloured: bool
) -> Mapping[str, str]:
    """What the user set wins; the rest makes the services of one machine find each other."""
    defaults = {
        "OVIX_DATABASE_URL": database_url,
        "OVIX_BUS_URL": database_url,
        "OVIX_LOG_FORMAT": "console",
        "OVIX_AUTH_HOST": listen,
        "OVIX_CONFD_HOST": listen,
        "OVIX_CALLD_HOST": listen,
        # Only Asterisk and this machine's monitoring talk to these two.
        "OVIX_AGID_HOST": "127.0.0.1",
        "OVIX_CONFGEN_HOST": "127.0.0.1",
        "OVIX_AMI_HOST": "127.0.0.1",
        "OVIX_AMI_USERNAME": AMI_USER,
        "OVIX_AMI_PASSWORD": home.secrets()["OVIX_AMI_PASSWORD"],
        "OVIX_ASTERISK_CONFIG_DIR": str(home.asterisk_run / "etc"),
        "OVIX_CEL_SPOOL": str(home.asterisk_run / "log" / "cel-custom" / "ovix.csv"),
        "PYTHONUNBUFFERED": "1",
    }
    ports = (AUTH, CONFD, AGID, AGID_HTTP, CALLD, WEBSOCKET, CONFGEN, AMI, SIP)
    defaults.update({port.variable: str(port.number) for port in ports})
    if coloured:
        defaults["FORCE_COLOR"] = "1"
    given = {name: value for name, value in os.environ.items() if value or name not in defaults}
    return {**defaults, **given}
