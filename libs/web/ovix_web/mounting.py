"""Routes of a service put straight into its application.

``include_router`` keeps routers apart and matches each request twice, once per nesting level and
again to select: with the couple of hundred routes of confd that costs more than the handler.
"""

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

_COPIED = (
    "response_model",
    "status_code",
    "tags",
    "dependencies",
    "summary",
    "description",
    "response_description",
    "responses",
    "deprecated",
    "operation_id",
    "response_model_include",
    "response_model_exclude",
    "response_model_by_alias",
    "response_model_exclude_unset",
    "response_model_exclude_defaults",
    "response_model_exclude_none",
    "include_in_schema",
    "response_class",
    "name",
    "openapi_extra",
    "generate_unique_id_function",
)


def mount(app: FastAPI, router: APIRouter) -> None:
    """Add every route below the router, nested ones included, with its full path."""
    for context in iter_route_contexts(router.routes):
        if isinstance(context.original_route, APIRoute):
            assert context.path is not None
            assert context.endpoint is not None
            app.router.add_api_route(
                context.path,
                context.endpoint,
                methods=sorted(context.methods or ()),
                **{name: getattr(context, name) for name in _COPIED},
            )
        else:
            app.router.routes.append(context.original_route)
