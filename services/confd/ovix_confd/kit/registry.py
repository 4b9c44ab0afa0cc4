"""Finding the domains and making one set of routers of what they export.

A domain package exports ``SPECS``, a tuple of specs, and may export ``ROUTER``, for endpoints that
fit no spec. Nothing else lists them.
"""

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, TypeAlias

from fastapi import APIRouter
from ovix_web.errors import ApiError
from starlette.routing import compile_path

from .link import LinkSpec, link_router
from .resource import ResourceSpec, resource_router
from .view import SectionSpec, ViewSpec, section_router, view_router
from .work import VERSION

Spec: TypeAlias = ResourceSpec[Any] | LinkSpec[Any, Any] | ViewSpec[Any] | SectionSpec[Any]


class SpecConflict(Exception):
    """Two domains claim the same thing."""


@dataclass(frozen=True)
class Registry:
    """All specs and routers of the service."""

    specs: tuple[Spec, ...]
    routers: tuple[APIRouter, ...]

    @classmethod
    def of(cls, *domains: ModuleType) -> "Registry":
        """What these packages export; refuses two specs of one name and two routes of one path."""
        specs = tuple(spec for domain in domains for spec in getattr(domain, "SPECS", ()))
        own = [domain.ROUTER for domain in domains if hasattr(domain, "ROUTER")]
        # Written routes come first, so that they may stand inside the pattern of a generated one.
        routers = (*own, *(_router_of(spec) for spec in specs))
        _all_different("spec", (f"{type(spec).__name__} {spec.name}" for spec in specs))
        _all_different("route", (route for router in routers for route in _routes_of(router)))
        return cls(specs, routers)

    @classmethod
    def discovered(cls, package: ModuleType) -> "Registry":
        """What the packages below ``package`` export."""
        names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
        return cls.of(*(import_module(f"{package.__name__}.{name}") for name in names))

    @property
    def resources(self) -> tuple[ResourceSpec[Any], ...]:
        """The resources among the specs."""
        return tuple(spec for spec in self.specs if isinstance(spec, ResourceSpec))

    @property
    def links(self) -> tuple[LinkSpec[Any, Any], ...]:
        """The links among the specs."""
        return tuple(spec for spec in self.specs if isinstance(spec, LinkSpec))

    @property
    def views(self) -> tuple[ViewSpec[Any], ...]:
        """The views among the specs."""
        return tuple(spec for spec in self.specs if isinstance(spec, ViewSpec))

    @property
    def sections(self) -> tuple[SectionSpec[Any], ...]:
        """The sections among the specs."""
        return tuple(spec for spec in self.specs if isinstance(spec, SectionSpec))

    @property
    def constraints(self) -> Mapping[str, Callable[[], ApiError]]:
        """What each database constraint means to a client."""
        named = [item for spec in self.specs for item in spec.conflicts.items()]
        _all_different("constraint", (name for name, _ in named))
        return dict(named)

    def mounted(self) -> APIRouter:
        """Every route below the version's prefix."""
        router = APIRouter(prefix=VERSION)
        for each in self.routers:
            router.include_router(each)
        return router


def _router_of(spec: Spec) -> APIRouter:
    if isinstance(spec, ResourceSpec):
        return resource_router(spec)
    if isinstance(spec, LinkSpec):
        return link_router(spec)
    if isinstance(spec, ViewSpec):
        return view_router(spec)
    return section_router(spec)


def _routes_of(router: APIRouter) -> Iterator[str]:
    for route in router.routes:
        _, shape, _ = compile_path(getattr(route, "path", ""))
        anonymous = "/".join("{}" if "{" in part else part for part in shape.split("/"))
        for method in sorted(getattr(route, "methods", None) or ()):
            yield f"{method} {anonymous}"


def _all_different(kind: str, names: Iterator[str]) -> None:
    known: set[str] = set()
    for name in names:
        if name in known:
            raise SpecConflict(f"the {kind} {name} is there twice")
        known.add(name)
