"""What confgen reads from the environment."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path

from ovix_web import ServiceSettings, own
from ovix_web.settings import Listed
from pydantic import Field, SecretStr

from ovix_confgen.renderers.dialplan_globals import DialplanSettings
from ovix_confgen.renderers.engine import ManagerSettings
from ovix_confgen.renderers.sip_general import SipSettings

AGID_PORT = 4573
LOOPBACK = ("127.0.0.1/32",)
PRIVATE_NETWORKS = (*LOOPBACK, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


class ConfgenSettings(ServiceSettings):
    """Settings of confgen; those without its name are shared with calld, agid and ``ovix up``."""

    host: str = own("confgen", "host", "0.0.0.0")
    port: int = own("confgen", "port", 9669, ge=0, le=65535)

    asterisk_config_dir: Path = Path("/etc/asterisk")
    cel_spool: Path = Path("/var/log/asterisk/cel-custom/ovix.csv")

    ami_host: str = "127.0.0.1"
    ami_port: int = Field(5038, ge=0, le=65535)
    ami_username: str = Field("ovix", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    ami_password: SecretStr = SecretStr("ovix")
    ami_networks: Listed = own("confgen", "ami_networks", ())
    """Who may use the AMI; none: this host, and private networks when Asterisk is another one."""

    agid_host: str = own("confgen", "agid_host", "127.0.0.1")
    """Where Asterisk finds agid."""
    agid_port: int = Field(AGID_PORT, ge=1, le=65535)

    sip_host: str = "0.0.0.0"
    sip_port: int = Field(5060, ge=1, le=65535)
    sip_tcp: bool = False
    sip_tls_port: int = Field(0, ge=0, le=65535)
    sip_tls_certificate: str = ""
    sip_tls_key: str = ""
    sip_external_address: str = ""
    sip_local_networks: Listed = ()
    sip_codecs: Listed = ("alaw", "ulaw", "g722")
    sip_qualify_frequency_s: int = Field(60, ge=0, le=86400)
    """How often Asterisk asks a registered phone whether it still is there; 0: never."""
    sip_language: str = "fr_FR"
    """Of the prompts, for users who have none."""
    rtp_start: int | None = Field(None, ge=1024, le=65535)
    rtp_end: int | None = Field(None, ge=1024, le=65535)
    """None: as ``/asterisk/rtp/general`` says."""

    emergency_numbers: Listed = ()
    """Numbers of this site that always go out, beside those of the country."""
    mail_command: str = ""
    """Empty: as ``/asterisk/voicemail/general`` says."""

    quiet_s: float = own("confgen", "quiet_s", 0.1, ge=0)
    """How long nothing must change before the files are rendered."""
    longest_wait_s: float = own("confgen", "longest_wait_s", 1.0, ge=0)
    """How long changes that follow each other may put it off."""

    @property
    def manager(self) -> ManagerSettings:
        """The account of our services in manager.conf."""
        here = _is_loopback(self.ami_host)
        networks: Sequence[str] = self.ami_networks or (LOOPBACK if here else PRIVATE_NETWORKS)
        return ManagerSettings(
            address="127.0.0.1" if here else "0.0.0.0",
            port=self.ami_port,
            username=self.ami_username,
            password=self.ami_password.get_secret_value(),
            networks=networks,
        )

    @property
    def sip(self) -> SipSettings:
        """Transports and what every device gets."""
        return SipSettings(
            host=self.sip_host,
            port=self.sip_port,
            tcp=self.sip_tcp,
            tls_port=self.sip_tls_port,
            tls_certificate=self.sip_tls_certificate,
            tls_key=self.sip_tls_key,
            external_address=self.sip_external_address,
            local_networks=self.sip_local_networks,
            codecs=self.sip_codecs,
            language=self.sip_language,
            qualify_frequency_s=self.sip_qualify_frequency_s,
        )

    @property
    def dialplan(self) -> DialplanSettings:
        """What the dialplan must know of the installation."""
        default = self.agid_port == AGID_PORT
        return DialplanSettings(
            agid_address=self.agid_host if default else f"{self.agid_host}:{self.agid_port}",
            emergency_numbers=self.emergency_numbers,
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
