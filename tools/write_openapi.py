"""Writes what integrators generate clients from: openapi/<service>.json and openapi/asyncapi.json.

With ``--check`` it writes nothing and fails when a file does not describe the code.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from fastapi import FastAPI
from ovix_bus import asyncapi

FOLDER = Path(__file__).resolve().parents[1] / "openapi"


def applications() -> Iterator[tuple[str, FastAPI]]:
    """Every REST service, built but not started: nothing is connected."""
    from ovix_auth.app import create_auth_app
    from ovix_auth.settings import AuthSettings
    from ovix_calld.app import create_app as create_calld_app
    from ovix_calld.settings import CalldSettings
    from ovix_confd.app import create_confd_app
    from ovix_confd.settings import ConfdSettings
    from ovix_confgen.app import build as create_confgen_app
    from ovix_confgen.settings import ConfgenSettings
    from ovix_dird.app import create_dird_app
    from ovix_dird.phones.app import create_phones_app
    from ovix_dird.settings import DirdSettings
    from ovix_provd.app import create_provd_app
    from ovix_provd.settings import ProvdSettings

    yield "auth", create_auth_app(AuthSettings())
    yield "calld", create_calld_app(CalldSettings())
    yield "confd", create_confd_app(ConfdSettings())
    yield "confgen", create_confgen_app(ConfgenSettings())
    dird = create_dird_app(DirdSettings())
    yield "dird", dird
    yield "phoned", create_phones_app(dird)
    yield "provd", create_provd_app(ProvdSettings())


def documents() -> dict[str, str]:
    """File name and text of every description."""
    written = {f"{name}.json": app.openapi() for name, app in applications()}
    written["asyncapi.json"] = asyncapi.document()
    return {
        name: json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        for name, value in written.items()
    }


def main(check: bool) -> int:
    """Write or compare; exit status 1 when a file differs."""
    stale = []
    for name, text in documents().items():
        path = FOLDER / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not check:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(text)
    if check and stale:
        print(
            f"openapi/ does not describe the code ({', '.join(stale)}): run 'make openapi'"
            " and look at the difference with an integrator's eyes",
            file=sys.stderr,
        )
        return 1
    print("openapi/ describes the code" if check else f"written: {', '.join(stale) or 'nothing'}")
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
