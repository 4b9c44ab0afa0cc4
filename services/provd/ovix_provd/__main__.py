"""``python -m ovix_provd``."""

from ovix_web import run
from ovix_web.absent import absent

from .settings import ProvdSettings


def main() -> None:
    """Serve until told to stop."""
    settings = ProvdSettings()
    # Twisted loads pyOpenSSL and cryptography where they are: 13 MB that only HTTPS uses.
    with absent(*([] if settings.https_port is not None else ["OpenSSL"])):
        from .app import create_provd_app

    run(create_provd_app(settings), settings, service="provd")


if __name__ == "__main__":
    main()
