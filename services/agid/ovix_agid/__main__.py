"""``python -m ovix_agid``."""

from ovix_web import run

from .app import create_agid_app
from .settings import AgidSettings


def main() -> None:
    """Answer until told to stop."""
    settings = AgidSettings()
    run(create_agid_app(settings), settings, service="agid")


if __name__ == "__main__":
    main()
