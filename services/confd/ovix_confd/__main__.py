"""``python -m ovix_confd``."""

from ovix_web import run

from .app import create_confd_app
from .settings import ConfdSettings


def main() -> None:
    """Serve until told to stop."""
    settings = ConfdSettings()
    run(create_confd_app(settings), settings, service="confd")


if __name__ == "__main__":
    main()
