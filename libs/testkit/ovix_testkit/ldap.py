"""An OpenLDAP server of the tests' own, which they may fill, stop, kill and freeze."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from ovix_engines.postgres import EngineError

BASE_DN = "dc=example,dc=org"
ADMIN_DN, ADMIN_PASSWORD = f"cn=admin,{BASE_DN}", "of-the-directory"
START_TIMEOUT_S, STOP_TIMEOUT_S = 60.0, 30.0
LOAD_TIMEOUT_S = 120.0

_SEARCH_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_SCHEMAS = Path("/etc/ldap/schema")

# objectGUID is Active Directory's: 16 bytes that name an entry for ever. A bind with a name and
# no password succeeds here as an anonymous one, as many servers in the field do (RFC 4513, 5.1.2).
_CONFIGURATION = """\
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch
    SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.4203.666.1.1 NAME 'activeDirectoryObject' SUP top AUXILIARY
    MAY ( objectGUID ) )
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {directory}/slapd.pid
argsfile {directory}/slapd.args
allow bind_anon_dn
sizelimit {size_limit}
threads 4
TLSCACertificateFile {directory}/ca.pem
TLSCertificateFile {directory}/server.pem
TLSCertificateKeyFile {directory}/server.key
database mdb
maxsize 268435456
suffix "{base}"
rootdn "{admin}"
rootpw {password}
directory {directory}/data
dbnosync
index objectClass,entryUUID,objectGUID eq
index cn,sn,givenName,mail,telephoneNumber,mobile,uid eq,sub
access to attrs=userPassword by self write by anonymous auth by * none
access to * by * read
"""
_ROOT_ENTRY = f"""\
dn: {BASE_DN}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

"""


def slapd_program() -> str | None:
    """Where slapd is; None where it is not installed."""
    return shutil.which("slapd", path=_SEARCH_PATH)


@dataclass
class PrivateSlapd:
    """A slapd whose configuration, certificates and data live in ``directory``.

    It listens on 127.0.0.1: ``uri`` speaks plainly and with StartTLS, ``tls_uri`` is LDAPS. Its
    certificate is for ``localhost`` and ``127.0.0.1``, signed by ``ca_file``. Everyone may read all
    but passwords, at most ``size_limit`` entries at once; people bind with their ``userPassword``.
    ``start`` after ``stop`` or ``kill`` finds data and ports again.
    """

    directory: Path
    size_limit: int = 500
    port: int = 0
    tls_port: int = 0
    _process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.directory = self.directory.absolute()
        self.log = self.directory / "slapd.log"
        self.ca_file = self.directory / "ca.pem"

    @property
    def uri(self) -> str:
        """``ldap://`` URI, by the name of its certificate."""
        return f"ldap://localhost:{self.port}"

    @property
    def tls_uri(self) -> str:
        """``ldaps://`` URI, by the name of its certificate."""
        return f"ldaps://localhost:{self.tls_port}"

    @property
    def running(self) -> bool:
        """Whether its process lives, frozen or not."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it; returns once it answers. Raises EngineError."""
        if self.running:
            return
        program = slapd_program()
        if program is None:
            raise EngineError("slapd is not installed: run 'apt-get install slapd ldap-utils'.")
        self._prepare()
        listen = f"ldap://127.0.0.1:{self.port} ldaps://127.0.0.1:{self.tls_port}"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-f", str(self.directory / "slapd.conf"), "-h", listen, "-d", "0"],
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._end(signal.SIGKILL)
                raise EngineError(f"slapd did not start:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Let it close its connections and end."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL it, as a power cut would."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """SIGSTOP it: connections open, requests arrive, nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while not _stopped(self._process.pid):
            # On a busy machine a thread may still answer before it hears of it.
            assert time.monotonic() < deadline, "slapd does not stop"
            time.sleep(0.005)

    def thaw(self) -> None:
        """Let it go on after ``freeze``."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def add(self, ldif: str) -> None:
        """Add entries, as LDIF, to the running server."""
        self._client("ldapadd", ldif)

    def modify(self, ldif: str) -> None:
        """Apply LDIF of changes (``changetype: modify``, ``delete`` …) to the running server."""
        self._client("ldapmodify", ldif)

    def load(self, ldif: str) -> None:
        """Add entries before ``start``: much faster for thousands."""
        assert not self.running, "slapadd works on the files of a stopped server"
        self._prepare()
        self._offline(ldif)

    def _prepare(self) -> None:
        data = self.directory / "data"
        if data.exists():
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port, self.tls_port = self.port or _free_port(), self.tls_port or _free_port()
        _write_certificates(self.directory)
        (self.directory / "slapd.conf").write_text(
            _CONFIGURATION.format(
                schemas=_SCHEMAS,
                directory=self.directory,
                size_limit=self.size_limit,
                base=BASE_DN,
                admin=ADMIN_DN,
                password=ADMIN_PASSWORD,
            )
        )
        data.mkdir()
        self._offline(_ROOT_ENTRY)

    def _offline(self, ldif: str) -> None:
        program = shutil.which("slapadd", path=_SEARCH_PATH)
        assert program is not None, "slapadd is part of the package slapd"
        _run([program, "-q", "-f", str(self.directory / "slapd.conf")], ldif)

    def _client(self, name: str, ldif: str) -> None:
        program = shutil.which(name)
        if program is None:
            raise EngineError(f"{name} is not installed: run 'apt-get install ldap-utils'.")
        uri = f"ldap://127.0.0.1:{self.port}"
        _run([program, "-x", "-H", uri, "-D", ADMIN_DN, "-w", ADMIN_PASSWORD], ldif)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if self.running:
            self._process.send_signal(number)
            self._process.send_signal(signal.SIGCONT)  # a frozen one hears nothing else
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self._process = None

    def _listens(self) -> bool:
        for port in (self.port, self.tls_port):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) != 0:
                    return False
        return True


def a_person(uid: str, *, password: str | None = None, **attributes: str) -> str:
    """LDIF of one ``inetOrgPerson`` below the base; ``cn`` and ``sn`` default to ``uid``."""
    values = {"cn": uid, "sn": uid, **attributes}
    if password is not None:
        values["userPassword"] = password
    lines = [f"dn: uid={uid},{BASE_DN}", "objectClass: inetOrgPerson", f"uid: {uid}"]
    lines += [f"{name}: {value}" for name, value in values.items()]
    return "\n".join(lines) + "\n\n"


@pytest.fixture(scope="session")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSlapd]:
    """A running server, empty but for its root entry; whoever stops it starts it again."""
    if slapd_program() is None:
        pytest.skip("slapd is not installed (Debian packages slapd, ldap-utils)")
    server = PrivateSlapd(tmp_path_factory.mktemp("slapd"))
    server.start()
    yield server
    server.stop()


def _stopped(pid: int) -> bool:
    """Whether every thread of the process is stopped (proc(5))."""
    states = [
        (task / "stat").read_text().rpartition(")")[2].split()[0]
        for task in Path(f"/proc/{pid}/task").iterdir()
    ]
    return all(state == "T" for state in states)


def _run(command: list[str], ldif: str) -> None:
    ended = subprocess.run(
        command, input=ldif.encode(), capture_output=True, timeout=LOAD_TIMEOUT_S, check=False
    )
    if ended.returncode:
        raise EngineError(f"{Path(command[0]).name}: {ended.stderr.decode(errors='replace')}")


def _write_certificates(directory: Path) -> None:
    ca_key, ca_name = ec.generate_private_key(ec.SECP256R1()), _name("Example directory CA")
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    )
    ca = (
        _certificate(ca_name, ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_ca_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), False)
        .sign(ca_key, hashes.SHA256())
    )
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    server = (
        _certificate(_name("localhost"), ca_name, key.public_key())
        .add_extension(names, critical=False)
        .add_extension(issuer, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (directory / "ca.pem").write_bytes(ca.public_bytes(pem))
    (directory / "server.pem").write_bytes(server.public_bytes(pem))
    (directory / "server.key").touch(mode=0o600)
    (directory / "server.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
    )


def _ca_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
