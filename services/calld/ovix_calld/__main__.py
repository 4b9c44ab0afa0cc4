"""``python -m ovix_calld``: the service in the foreground."""

import os
import signal

from ovix_web import run

from .app import create_app
from .settings import CalldSettings


def main() -> None:
    settings = CalldSettings()
    app = create_app(settings, on_crash=lambda: os.kill(os.getpid(), signal.SIGTERM))
    run(app, settings, service="calld")


if __name__ == "__main__":
    main()
