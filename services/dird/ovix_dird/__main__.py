"""``python -m ovix_dird``."""

from ovix_web import run

from .app import create_dird_app
from .phones.app import create_phones_app, phone_listeners
from .settings import DirdSettings


def main() -> None:
    """Serve until told to stop."""
    settings = DirdSettings()
    app = create_dird_app(settings)
    phones = phone_listeners(create_phones_app(app), settings)
    run(app, settings, *phones, service="dird")


if __name__ == "__main__":
    main()
