"""The small pages that people see whom a link or a provider sent here."""

from html import escape
from typing import Any

from starlette.responses import HTMLResponse

_HEADERS = {
    # The page's own URL holds a secret, which is to stay here.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


def page(title: str, text: str, status: int = 200) -> HTMLResponse:
    """A heading and a sentence."""
    return HTMLResponse(
        f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<style>body {{ font: 1.1em sans-serif; margin: 4em auto; max-width: 30em }}</style></head>
<body><h1>{escape(title)}</h1><p>{escape(text)}</p></body></html>
""",
        status,
        _HEADERS,
    )


def described(**told: str) -> dict[str, Any]:
    """What an operation's description says of its pages, by status: ``_200="It is done"``."""
    content = {"text/html": {"schema": {"type": "string"}}}
    return {
        "responses": {
            status[1:]: {"description": text, "content": content} for status, text in told.items()
        }
    }
