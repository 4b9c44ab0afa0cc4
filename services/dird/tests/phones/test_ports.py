"""dird as a process: phones are served by HTTP and HTTPS beside the API."""

import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from ovix_engines.ports import free_port

PATH = f"/0.1/directories/input/default/aastra?xivo_user_uuid={UUID(int=0)}"
STARTED_WITHIN_S = 60.0


@contextmanager
def dird(database_url: str, log: Path, **settings: object) -> Iterator[dict[str, int]]:
    """The service's ports, by name, once it says that it is ready."""
    ports = {name: free_port() for name in ("api", "http", "https")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ovix_dird"],
            env={
                **os.environ,
                "OVIX_DATABASE_URL": database_url,
                "OVIX_DIRD_HOST": "127.0.0.1",
                "OVIX_DIRD_PORT": str(ports["api"]),
                "OVIX_DIRD_PHONES_HOST": "127.0.0.1",
                "OVIX_DIRD_PHONES_PORT": str(ports["http"]),
                "OVIX_DIRD_PHONES_TLS_PORT": str(ports["https"]),
                **{f"OVIX_DIRD_{name}".upper(): str(value) for name, value in settings.items()},
            },
            stdout=output,
            stderr=output,
        )
    try:
        give_up_at = time.monotonic() + STARTED_WITHIN_S
        while not all(_ready(ports[name]) for name in ("api", "http")):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < give_up_at, log.read_text()
            time.sleep(0.1)
        yield ports
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _ready(port: int) -> bool:
    try:
        return httpx.get(
            f"http://127.0.0.1:{port}/health/ready", timeout=5, verify=False
        ).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, and its key in the same file."""
    file = tmp_path_factory.mktemp("certificate") / "server.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", str(file), "-out", str(file.with_suffix(".crt")),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    file.write_text(file.read_text() + file.with_suffix(".crt").read_text())
    return file


def test_phones_are_served_by_https_too(
    clean_database: str, certificate: Path, tmp_path: Path
) -> None:
    with dird(clean_database, tmp_path / "log", phones_tls_certificate=certificate) as ports:
        plain = httpx.get(f"http://127.0.0.1:{ports['http']}{PATH}")
        trusting = ssl.create_default_context(cafile=str(certificate))
        secured = httpx.get(f"https://127.0.0.1:{ports['https']}{PATH}", verify=trusting)
        assert plain.status_code == secured.status_code == 200
        assert f"http://127.0.0.1:{ports['http']}/0.1/directories/lookup/" in plain.text
        assert f"https://127.0.0.1:{ports['https']}/0.1/directories/lookup/" in secured.text
        figures = httpx.get(f"http://127.0.0.1:{ports['api']}/metrics").text
        assert 'route="/0.1/directories/input/{profile}/{vendor}"' in figures
        assert httpx.get(f"http://127.0.0.1:{ports['http']}/metrics").status_code == 404


def test_e16_a_certificate_that_can_not_be_read_leaves_http(
    clean_database: str, tmp_path: Path
) -> None:
    unreadable = tmp_path / "server.pem"
    unreadable.write_text("no certificate")
    log = tmp_path / "log"
    with dird(clean_database, log, phones_tls_certificate=unreadable) as ports:
        assert httpx.get(f"http://127.0.0.1:{ports['http']}{PATH}").status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"https://127.0.0.1:{ports['https']}{PATH}", verify=False)
    assert "phones_without_https" in log.read_text()
