"""``python -m ovix_provd``."""

from ovix_web import run

from .app import create_provd_app
from .settings import ProvdSettings


def main() -> None:
    """Serve until told to stop."""
    settings = ProvdSettings()
    run(create_provd_app(settings), settings, service="provd")


if __name__ == "__main__":
    main()
