"""What phones ask and administrators configure, in tests of the plugin host."""

from pathlib import Path

from ovix_provd.host.client import PluginHost
from ovix_provd.plugins import HttpRequest

DEVICE = {"id": "d1", "mac": "00:11:22:33:44:55", "model": "P10", "ip": "10.0.0.5"}
RAW_CONFIG = {
    "ip": "192.0.2.1",
    "http_port": 8667,
    "tftp_port": 69,
    "protocol": "SIP",
    "sip_proxy_ip": "192.0.2.1",
    "sip_lines": {"1": {"username": "u1", "password": "p1", "display_name": "Zoé <&"}},
}


def fetch(
    agent: bytes, uri: bytes = b"/x.cfg", method: bytes = b"GET", body: bytes = b""
) -> HttpRequest:
    headers = ((b"User-Agent", agent), (b"Content-Type", b"application/x-www-form-urlencoded"))
    return HttpRequest("10.0.0.5", method, uri, headers, body)


async def loaded(host: PluginHost, *directories: Path) -> None:
    for directory in directories:
        await host.load(directory.name, directory)
