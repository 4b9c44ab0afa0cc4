"""What confgen reads from the environment."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path

from ovix_web import ServiceSettings, own
from ovix_web.settings import Listed
from pydantic import Field, SecretStr

from ovix_confgen.dhcp.network import DhcpSettings
from ovix_confgen.renderers.dialplan_globals import DialplanSettings
from ovix_confgen.renderers.engine import ManagerSettings, WebSocketSettings
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
    sip_ws_host: str = "127.0.0.1"
    """Where browsers, or the proxy that speaks TLS for them, find ``/ws``."""
    sip_ws_port: int = Field(5039, ge=0, le=65535)
    """0: no web sockets."""
    sip_wss_port: int = Field(0, ge=0, le=65535)
    """Where Asterisk speaks TLS to browsers itself, with the certificate above; 0: nowhere."""
    sip_external_address: str = ""
    sip_local_networks: Listed = ()
    sip_codecs: Listed = ("alaw", "ulaw", "g722")
    sip_qualify_frequency_s: int = Field(60, ge=0, le=86400)
    """How often Asterisk asks a registered phone whether it still is there; 0: never."""
    sip_language: str = "fr_FR"
    """Of the prompts, for users who have none."""
    iax_port: int | None = Field(None, ge=1, le=65535)
    """UDP port of IAX; None: Asterisk does not speak it."""
    rtp_start: int | None = Field(None, ge=1024, le=65535)
    rtp_end: int | None = Field(None, ge=1024, le=65535)
    """None: as ``/asterisk/rtp/general`` says."""

    emergency_numbers: Listed = ()
    """Numbers of this site that always go out, beside those of the country."""
    mail_command: str = ""
    """Empty: as ``/asterisk/voicemail/general`` says."""
    mail_program: str = "ovix-sendmail"
    """How Asterisk starts our own sendmail, which stands for the system's once ``/emails`` names an
    SMTP server."""
    voicemail_spool: Path = Path("/var/spool/asterisk/voicemail")
    """Where Asterisk keeps messages; both see it under this name."""

    dhcp_dir: Path | None = own("confgen", "dhcp_dir", None)
    """Where the files of DHCP servers go; None: ``dhcp`` below Asterisk's files."""
    dhcp_network: str = own("confgen", "dhcp_network", "")
    """The phones' network, as ``192.0.2.0/24``; empty: the smallest that holds the pool."""
    dhcp_interface: str = own("confgen", "dhcp_interface", "")
    """Empty: every interface that has an address of the network."""
    dhcp_routers: Listed = own("confgen", "dhcp_routers", ())
    dhcp_name_servers: Listed = own("confgen", "dhcp_name_servers", ())
    dhcp_time_servers: Listed = own("confgen", "dhcp_time_servers", ())
    dhcp_sip_servers: Listed = own("confgen", "dhcp_sip_servers", ())
    """Option 120 (RFC 3361)."""
    dhcp_any_client: bool = own("confgen", "dhcp_any_client", False)
    """Whether clients that are no phone of a known vendor get an address too."""
    dhcp_lease_s: int = own("confgen", "dhcp_lease_s", 7200, ge=60, le=31536000)
    dhcp_hook: str = own("confgen", "dhcp_hook", "")
    """The program by which the DHCP server tells provd of leases; empty: it does not."""
    dhcp_kea_hooks: Path = own(
        "confgen", "dhcp_kea_hooks", Path("/usr/lib/x86_64-linux-gnu/kea/hooks")
    )
    provd_external_ip: str = own("provd", "external_ip", "")
    """Where phones find provd, unless ``/provisioning/networking`` says so."""

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
    def web_sockets(self) -> WebSocketSettings:
        """The web server that takes browsers."""
        return WebSocketSettings(
            host=self.sip_ws_host,
            port=self.sip_ws_port,
            tls_host=self.sip_host,
            tls_port=self.sip_wss_port,
            tls_certificate=self.sip_tls_certificate,
            tls_key=self.sip_tls_key,
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
            web_sockets=bool(self.sip_ws_port),
            external_address=self.sip_external_address,
            local_networks=self.sip_local_networks,
            codecs=self.sip_codecs,
            language=self.sip_language,
            qualify_frequency_s=self.sip_qualify_frequency_s,
        )

    @property
    def dhcp(self) -> DhcpSettings:
        """What DHCP servers are configured from, beside what is stored."""
        return DhcpSettings(
            directory=self.dhcp_dir or self.asterisk_config_dir / "dhcp",
            network=self.dhcp_network,
            interface=self.dhcp_interface,
            routers=self.dhcp_routers,
            name_servers=self.dhcp_name_servers,
            time_servers=self.dhcp_time_servers,
            sip_servers=self.dhcp_sip_servers,
            any_client=self.dhcp_any_client,
            lease_s=self.dhcp_lease_s,
            hook=self.dhcp_hook,
            kea_hooks=self.dhcp_kea_hooks,
            provd_host=self.provd_external_ip,
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
