"""The SIP devices of a line: a desk phone, a browser, or one of each on a unique account.

Features F-114 and F-121. The endpoint's option ``webrtc`` says which: ``no``, ``yes`` or ``ua``. A
unique account has two devices in Asterisk: the desk phone bears the endpoint's name, the browser
that name and ``_w``.
"""

UNIQUE_ACCOUNT = "ua"
"""The value of the option ``webrtc`` that gives a line both devices."""
BROWSER_SUFFIX = "_w"
PHONE, BROWSER = "phone", "webrtc"
"""The devices a user chooses from."""
DEVICES = (PHONE, BROWSER)


def browser_of(username: str) -> str:
    """The name of the browser of a unique account."""
    return username + BROWSER_SUFFIX


def account_of(device: str) -> str | None:
    """Of which unique account a device of that name would be the browser."""
    account = device.removesuffix(BROWSER_SUFFIX)
    return account if account and account != device else None


def ringing_device(username: str, webrtc: str | None, selected: str) -> str:
    """The device that calls ring: of a unique account the one that its user selected."""
    on_browser = webrtc == UNIQUE_ACCOUNT and selected == BROWSER
    return browser_of(username) if on_browser else username


__all__ = [
    "BROWSER",
    "BROWSER_SUFFIX",
    "DEVICES",
    "PHONE",
    "UNIQUE_ACCOUNT",
    "account_of",
    "browser_of",
    "ringing_device",
]
