"""Whom our clients believe when another server shows its certificate.

The authorities of the machine, as everything else on it does: a company's own is added there, or
named by OpenSSL's variables (``SSL_CERT_FILE``, ``SSL_CERT_DIR``). Each client may be given a file
instead.
"""

import ssl
from functools import cache


def trusted(verify: bool | str = True) -> ssl.SSLContext:
    """The machine's authorities; those of a file alone; or, for False, whoever it is.

    Raises `OSError` for a file that can't be read.
    """
    if verify is True:
        return _of_the_machine()
    context = ssl.create_default_context(cafile=verify or None)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@cache
def _of_the_machine() -> ssl.SSLContext:
    # Once for all clients: reading takes 20 ms and half a megabyte.
    return ssl.create_default_context()


__all__ = ["trusted"]
