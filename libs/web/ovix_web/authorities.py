"""Whom our HTTPS clients believe: read once, as it takes 20 ms and half a megabyte each time."""

import ssl
from functools import cache

import httpx


@cache
def usual() -> ssl.SSLContext:
    """The authorities that httpx comes with, whatever the environment says."""
    return httpx.create_ssl_context(trust_env=False)


@cache
def of_the_system(ca_file: str | None = None) -> ssl.SSLContext:
    """Those of the machine, or those of a file alone; raises `OSError`."""
    return ssl.create_default_context(cafile=ca_file)


__all__ = ["of_the_system", "usual"]
