"""``python -m ovix_confgen``: the service; with ``--once``: write the files and end."""

import asyncio
import sys
from functools import partial

from ovix_web import ApiError, open_engine, run
from ovix_web.logs import configure_logging
from sqlalchemy.exc import SQLAlchemyError

from ovix_confgen.app import build
from ovix_confgen.generation import Generation
from ovix_confgen.settings import ConfgenSettings
from ovix_confgen.source import snapshot


async def render_once(settings: ConfgenSettings) -> list[str]:
    """Write every file, before Asterisk starts; it reads them all by itself then."""
    engine = open_engine(
        settings.database_url,
        application="ovix-confgen-once",
        pool_size=1,
        timeout_s=settings.database_timeout_s,
    )
    try:
        generation = Generation(settings, partial(snapshot, engine))
        generation.prepare()
        return await generation.render()
    finally:
        await engine.dispose()


def main(arguments: list[str]) -> int:
    """Run as the command line says."""
    settings = ConfgenSettings()
    if not arguments:
        run(build(settings), settings, service="confgen")
        return 0
    if arguments != ["--once"]:
        sys.stderr.write("usage: python -m ovix_confgen [--once]\n")
        return 2
    configure_logging(settings.log_format, settings.log_level, "confgen")
    try:
        changed = asyncio.run(render_once(settings))
    except (SQLAlchemyError, ApiError, OSError) as error:
        sys.stderr.write(f"confgen: nothing was written: {error}\n")
        return 1
    sys.stdout.write(f"{len(changed)} files written to {settings.asterisk_config_dir}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
