"""``python -m ovix_auth``."""

from ovix_web import run

from .app import create_auth_app
from .settings import AuthSettings


def main() -> None:
    """Serve until told to stop."""
    settings = AuthSettings()
    run(create_auth_app(settings), settings, service="auth")


if __name__ == "__main__":
    main()
