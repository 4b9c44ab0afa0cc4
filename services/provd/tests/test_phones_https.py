"""HTTPS for phones, and what their certificates prove."""

import datetime
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .phones_office import AWAY, HOME, MAC, PhonesOffice
from .vendors import digits

Start = Callable[..., Awaitable[PhonesOffice]]


class Authority:
    """Signs certificates, each with its key in one PEM file."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Acme Phones")])
        self.path = self.certificate("Acme Phones", ca=True)

    def certificate(self, name: str, *, ca: bool = False) -> Path:
        key = self._key if ca else ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        signed = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        path = self._directory / f"{name.replace(' ', '-')}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + signed.public_bytes(serialization.Encoding.PEM)
        )
        return path


async def fetch(office: PhonesOffice, client: Path | None, mac: str, ip: str) -> httpx.Response:
    """Over HTTPS, with a certificate or without."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if client is not None:
        context.load_cert_chain(client)
    port = office.app.state.phones.https_port
    async with httpx.AsyncClient(verify=context, trust_env=False) as http:
        return await http.get(
            f"https://127.0.0.1:{port}/{digits(mac)}.cfg",
            headers={"X-Forwarded-For": ip, "User-Agent": f"Acme T46S 66.1 {mac}"},
        )


async def test_phones_are_served_by_https(office_with: Start, tmp_path: Path) -> None:
    server = Authority(tmp_path).certificate("server")
    office = await office_with(https_port=0, https_certificate=server)
    assert (await fetch(office, None, MAC, HOME)).status_code == 200
    assert (await office.device())["configured"] is True


async def test_a_certificate_proves_the_mac_and_who_has_none_is_not_served(
    office_with: Start, tmp_path: Path
) -> None:
    authority, other = Authority(tmp_path), tmp_path / "other"
    other.mkdir()
    office = await office_with(
        https_port=0,
        https_certificate=authority.certificate("server"),
        https_client_ca=authority.path,
    )
    await office.phone_with_account(MAC, HOME)
    phone = authority.certificate(f"Acme T46S {digits(MAC).upper()}")
    assert "secret of zoe" in (await fetch(office, phone, MAC, AWAY)).text
    stranger = authority.certificate("Acme T46S 001565FFFFFF")
    answer = await fetch(office, stranger, MAC, "10.0.0.70")
    assert (answer.status_code, "secret" in answer.text) == (404, False)
    for unknown in (None, Authority(other).certificate(f"Acme {digits(MAC)}")):
        with pytest.raises((httpx.TransportError, ssl.SSLError)):
            await fetch(office, unknown, MAC, HOME)


def test_where_no_https_is_served_nothing_of_it_is_loaded() -> None:
    """As ``python -m ovix_provd`` starts then: 13 MB less."""
    started = (
        "import sys; sys.modules['OpenSSL'] = None; import ovix_provd.app;"
        "print('cryptography' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", started], capture_output=True, check=True)
    assert ran.stdout.strip() == b"False"
