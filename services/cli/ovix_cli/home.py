"""Where Ovix keeps what belongs to this machine: the checkout, its ``.ovix``, and the secrets."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

GENERATED = ("OVIX_AMI_PASSWORD", "OVIX_ADMIN_PASSWORD", "OVIX_LOCAL_PASSWORD", "OVIX_PROVD_KEY")
"""Made once per installation: Asterisk's manager, the first administrator, ``ovix`` itself, and
what confd shows to provd."""


class CliError(Exception):
    """What the user should read instead of a traceback."""


@dataclass(frozen=True)
class Home:
    """A checkout (or image) of Ovix and its private directory."""

    root: Path

    @property
    def directory(self) -> Path:
        """Data, logs and secrets; ``OVIX_HOME`` puts them elsewhere (a second Ovix, a test)."""
        return Path(os.environ.get("OVIX_HOME") or self.root / ".ovix").absolute()

    @property
    def asterisk(self) -> Path:
        """Where ``make asterisk`` puts its installations."""
        return Path(os.environ.get("OVIX_ASTERISK_HOME") or self.root / ".ovix" / "asterisk")

    @property
    def secrets_file(self) -> Path:
        return self.directory / "secrets"

    @property
    def migrations(self) -> Path:
        return self.root / "migrations"

    @property
    def postgres(self) -> Path:
        return self.directory / "postgres"

    @property
    def asterisk_run(self) -> Path:
        return self.directory / "asterisk-run"

    def secrets(self) -> Mapping[str, str]:
        """The generated secrets; those of the environment win. Missing ones are made now."""
        known = _read(self.secrets_file)
        missing = [name for name in GENERATED if name not in known]
        if missing:
            known.update({name: secrets.token_urlsafe(18) for name in missing})
            _write(self.secrets_file, known)
        return {name: os.environ.get(name, known[name]) for name in GENERATED}


def home() -> Home:
    """The nearest checkout above the working directory, else the one this package runs from."""
    for start in (Path.cwd(), Path(__file__).resolve()):
        for directory in (start, *start.parents):
            if (directory / "migrations" / "env.py").is_file():
                return Home(directory)
    raise CliError("No Ovix here: run this in a checkout (the directory with migrations/).")


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def _write(path: Path, values: Mapping[str, str]) -> None:
    """Atomically, and never readable by others, not even for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".new")
    half.unlink(missing_ok=True)
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    half.replace(path)
