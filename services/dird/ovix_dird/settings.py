"""Settings of dird (``OVIX_DIRD_…``)."""

from pathlib import Path

from ovix_web import own
from ovix_web.ami_settings import AmiServer, AmiSettings
from ovix_web.settings import Listed, Networks

from .reach import ANY


class DirdSettings(AmiSettings):
    """What may be tuned; the defaults are XiVO's where it has any.

    Those named ``ami_…`` are shared with calld, confgen and provd: Asterisk tells phones.
    """

    host: str = own("dird", "host", "0.0.0.0")
    port: int = own("dird", "port", 9489, ge=0, le=65535)

    auth_url: str = "http://127.0.0.1:9497"
    """auth, which knows the accounts that users have linked."""

    phones_host: str = own("dird", "phones_host", "0.0.0.0")
    phones_port: int = own("dird", "phones_port", 9498, ge=0, le=65535)
    """Where phones ask by HTTP; they have no token."""
    phones_tls_port: int = own("dird", "phones_tls_port", 9499, ge=0, le=65535)
    phones_tls_certificate: Path | None = own("dird", "phones_tls_certificate", None)
    """PEM file of their HTTPS server; None: that of the service's other port, if any.

    Without one, or with one that can't be read, they are served by HTTP alone.
    """
    phones_tls_key: Path | None = own("dird", "phones_tls_key", None)
    """Its key; None: it stands in the certificate's file."""
    phones_networks: Networks = own("dird", "phones_networks", ())
    """Networks of phones, beside loopback and those of confd's ``/access_features``."""
    phones_timeout_s: float = own("dird", "phones_timeout_s", 3.5, gt=0)
    """What a source may take when a phone asks: most phones give up after five seconds."""
    phones_default_profile: str = own("dird", "phones_default_profile", "default")
    """What phones search that are known by their ``User-Agent`` alone."""

    phones_pages_kept_s: float = own("dird", "phones_pages_kept_s", 30.0, ge=0)
    """How long what a phone found is kept for its next pages; 0: each page searches anew."""
    ami_servers: tuple[AmiServer, ...] = own("dird", "ami_servers", (), max_length=16)
    """Asterisk's managers through which phones are told, in the order in which they are tried."""

    config_dir: Path | None = own("dird", "config_dir", None)
    """Directory of XiVO's YAML files (``sources.d``, ``conf.d``); None: only the database's."""
    csv_directories: Listed = own(
        "dird", "csv_directories", ("/etc/ovix/dird", "/var/lib/ovix/dird")
    )
    """Where files lie that sources made by REST may read; those of YAML files may read any."""
    source_networks: Listed = own("dird", "source_networks", (ANY,))
    """Which machines sources made by REST may reach: networks, names, and ``any`` for all but
    loopback, link-local and metadata addresses. Those of YAML files may reach any."""
    file_poll_s: float = own("dird", "file_poll_s", 1.0, gt=0)
    """How often configuration and CSV files are looked at."""

    lookup_timeout_s: float = own("dird", "lookup_timeout_s", 2.9, gt=0)
    """What a source may take of a lookup whose profile sets no time-out."""
    reverse_timeout_s: float = own("dird", "reverse_timeout_s", 1.0, gt=0)
    source_results_max: int = own("dird", "source_results_max", 1000, ge=1)
    """Hits that one source gives at most; the best ones are kept."""
    breaker_failures: int = own("dird", "breaker_failures", 3, ge=1)
    """Failures in a row after which a source is skipped for a while."""
    breaker_pause_s: float = own("dird", "breaker_pause_s", 5.0, gt=0)
    """How long a dead source is skipped before it is tried again, at first."""
    breaker_pause_max_s: float = own("dird", "breaker_pause_max_s", 60.0, gt=0)

    def phones_certificate(self) -> tuple[str | None, str | None]:
        """Certificate and key of the phones' HTTPS server."""
        if self.phones_tls_certificate is None:
            return self.tls_certificate, self.tls_key
        key = self.phones_tls_key
        return str(self.phones_tls_certificate), str(key) if key is not None else None
