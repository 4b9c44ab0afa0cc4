"""``python -m ovix_provd``."""

import sys

from ovix_web import run

from .settings import ProvdSettings


def main() -> None:
    """Serve until told to stop."""
    settings = ProvdSettings()
    if settings.https_port is None:
        # Twisted loads pyOpenSSL and cryptography where they are: 13 MB that nobody would use.
        sys.modules["OpenSSL"] = None  # type: ignore[assignment]  # importing it fails
    from .app import create_provd_app

    run(create_provd_app(settings), settings, service="provd")


if __name__ == "__main__":
    main()
