"""The API description and swagger UI, served without any other host."""

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import orjson
from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from .mounting import mount

_FILES = {
    "swagger-ui.css": "text/css",
    "index.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui-standalone-preset.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_YAML = "application/x-yaml"
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<title>{title}</title>
<link rel="stylesheet" href="./swagger-ui.css">
<link rel="stylesheet" href="./index.css">
<link rel="icon" type="image/png" href="./favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="./swagger-ui-bundle.js"></script>
<script src="./swagger-ui-standalone-preset.js"></script>
<script>
window.ui = SwaggerUIBundle({{
  url: "./api.json", dom_id: "#swagger-ui", deepLinking: true, persistAuthorization: true,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: "StandaloneLayout"
}});
</script>
</body>
</html>
"""


@lru_cache(maxsize=1)
def _directory() -> Path:
    """Where the bundle keeps its files; found without importing it, which would load Jinja."""
    vendor = Path(str(files("swagger_ui_bundle"))) / "vendor"
    return max(vendor.glob("swagger-ui-*"))


def add_documentation(app: FastAPI, version: str) -> None:
    """``/<version>/api/`` shows the description that ``api.json`` and ``api.yml`` hold."""
    router = APIRouter(prefix=f"/{version}/api", tags=["api"])
    written: dict[str, bytes] = {}

    def description() -> bytes:
        if "json" not in written:
            written["json"] = orjson.dumps(app.openapi())
        return written["json"]

    @router.get("", include_in_schema=False)
    async def moved() -> Response:
        return RedirectResponse(f"/{version}/api/", status_code=308)

    @router.get("/", include_in_schema=False)
    async def page() -> Response:
        return HTMLResponse(_PAGE.format(title=app.title))

    @router.get("/api.json", include_in_schema=False)
    async def as_json() -> Response:
        return Response(description(), media_type="application/json")

    @router.get(
        "/api.yml",
        name="get_api_description",
        summary="This description, as YAML",
        description="",
        include_in_schema=True,
        response_class=Response,
        responses={200: {"content": {_YAML: {"schema": {"type": "object"}}}}},
    )
    async def as_yaml() -> Response:
        if "yml" not in written:
            import yaml  # rarely asked for, and costs memory

            text = yaml.safe_dump(orjson.loads(description()), sort_keys=False, allow_unicode=True)
            written["yml"] = text.encode()
        return Response(written["yml"], media_type=_YAML)

    @router.get("/{file}", include_in_schema=False)
    async def asset(file: str) -> Response:
        if file not in _FILES:
            raise HTTPException(404)
        return FileResponse(_directory() / file, media_type=_FILES[file])

    mount(app, router)
    # XiVO's tools ask for it without a version, too.
    app.add_route("/api/api.yml", lambda _: as_yaml(), include_in_schema=False)
