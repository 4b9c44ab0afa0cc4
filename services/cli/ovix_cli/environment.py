"""The environment that ``ovix up`` gives to every service."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from .addresses import ASTERISK_PORTS, SERVICE_PORTS, base_url, own_address
from .home import Home

SERVICES = ("auth", "confd", "provd", "dird", "agid", "calld", "confgen")
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
        "OVIX_PROVD_HOST": listen,
        "OVIX_DIRD_HOST": listen,
        "OVIX_CALLD_HOST": listen,
        # Only Asterisk and this machine's monitoring talk to these two.
        "OVIX_AGID_HOST": "127.0.0.1",
        "OVIX_CONFGEN_HOST": "127.0.0.1",
        "OVIX_AMI_HOST": "127.0.0.1",
        "OVIX_AMI_USERNAME": AMI_USER,
        "OVIX_AMI_PASSWORD": home.secrets()["OVIX_AMI_PASSWORD"],
        "OVIX_AUTH_URL": base_url("auth"),
        "OVIX_DIRD_URL": base_url("dird"),
        # Directories of a trial, and of a small office, are on this machine too.
        "OVIX_DIRD_SOURCE_NETWORKS": "any,127.0.0.0/8,::1/128",
        "OVIX_DIRD_CSV_DIRECTORIES": f"{home.directory / 'directories'},/etc/ovix/dird",
        "OVIX_PROVD_URL": f"{base_url('provd')}/provd",
        "OVIX_PROVD_KEY": home.secrets()["OVIX_PROVD_KEY"],
        "OVIX_PROVD_EXTERNAL_IP": own_address(),
        "OVIX_PROVD_STORAGE_DIR": str(home.directory / "provd"),
        "OVIX_ASTERISK_CONFIG_DIR": str(home.asterisk_run / "etc"),
        "OVIX_CEL_SPOOL": str(home.asterisk_run / "log" / "cel-custom" / "ovix.csv"),
        "OVIX_VOICEMAIL_SPOOL": str(home.asterisk_run / "spool" / "voicemail"),
        "OVIX_MAIL_PROGRAM": str(Path(sys.executable).parent / "ovix-sendmail"),
        "PYTHONUNBUFFERED": "1",
    }
    ports = (*SERVICE_PORTS, *ASTERISK_PORTS)
    defaults.update({port.variable: str(port.number) for port in ports})
    if coloured:
        defaults["FORCE_COLOR"] = "1"
    given = {name: value for name, value in os.environ.items() if value or name not in defaults}
    return {**defaults, **given}
