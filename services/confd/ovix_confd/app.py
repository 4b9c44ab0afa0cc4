"""The configuration API: the domains' routes, mounted."""

from fastapi import FastAPI
from ovix_web import confd_errors, create_app

from . import domains
from .kit import Registry, describe_bodies
from .settings import ConfdSettings


def create_confd_app(settings: ConfdSettings, registry: Registry | None = None) -> FastAPI:
    """The service; ``registry`` is what the domain packages export unless another is given."""
    found = registry or Registry.discovered(domains)
    app = create_app(
        settings,
        name="confd",
        version="1.1",
        title="Ovix configuration",
        description="The configuration API of XiVO: users, lines, extensions, contexts …",
        routers=[found.mounted()],
        render=confd_errors,
        constraints=found.constraints,
    )
    app.state.registry = found
    describe_bodies(app)
    return app
