"""Checks docker-compose.yml and the Dockerfiles without building an image."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
RULES = (
    (re.compile(r"^ARG BASE_IMAGE=\S+:\S+$", re.M), "its base is an argument with a fixed tag"),
    (re.compile(r"^USER 10001:10001$", re.M), "it does not run as root"),
    (re.compile(r"^HEALTHCHECK ", re.M), "it has a health check, or says why it has none"),
)


def compose_command() -> list[str] | None:
    """The installed Compose; as root on Debian it is installed now."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    if shutil.which("docker"):
        probe = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if probe.returncode == 0:
            return ["docker", "compose"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for step in (
            ["apt-get", "-qq", "update"],
            ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", "docker-compose"],
        ):
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(step, env=environment, capture_output=True, check=True)
        return ["docker-compose"]
    return None


def dockerfile_faults(dockerfile: Path) -> list[str]:
    """The rules this Dockerfile breaks."""
    text = dockerfile.read_text()
    name = dockerfile.relative_to(ROOT)
    return [f"{name}: not so: {rule}" for pattern, rule in RULES if not pattern.search(text)]


def compose_faults() -> list[str]:
    """What Compose refuses, and services whose Dockerfile is missing."""
    faults = []
    described = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name, service in described.items():
        build = service.get("build")
        if build and not (ROOT / build["dockerfile"]).is_file():
            faults.append(f"docker-compose.yml: {name}: no file {build['dockerfile']}")
    command = compose_command()
    if command is None:
        print("NOT CHECKED: docker-compose is not installed", file=sys.stderr)
        return [*faults, *(["docker-compose is required"] if required() else [])]
    example = (ROOT / ".env.example").read_text()
    secrets = re.findall(r"^(\w+)=$", example, re.M)
    refused = configured(command, {})
    if refused.returncode == 0:
        faults.append(".env.example: its secrets are taken as they are")
    done = configured(command, dict.fromkeys(secrets, "check"))
    if done.returncode != 0:
        faults.append(f"docker-compose config: {done.stderr.strip()}")
    named = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    known = set(re.findall(r"^(\w+)=", example, re.M))
    faults += [f".env.example: {name} is missing" for name in sorted(named - known)]
    faults += [f".env.example: nothing reads {name}" for name in sorted(known - named)]
    return faults


def configured(command: list[str], secrets: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """docker-compose.yml, read with the example's values and these."""
    return subprocess.run(
        [*command, "--env-file", ".env.example", "config", "--quiet"],
        cwd=ROOT,
        env={**os.environ, **secrets},
        capture_output=True,
        text=True,
        check=False,
    )


def required() -> bool:
    """Whether nothing may be left out here."""
    return os.environ.get("OVIX_REQUIRE") == "all"


def main() -> int:
    """Print every fault; exit status 1 when there is one."""
    packages = sorted(path.parent for path in (ROOT / "services").glob("*/pyproject.toml"))
    dockerfiles = [package / "Dockerfile" for package in packages]
    dockerfiles.append(ROOT / "deploy" / "asterisk" / "Dockerfile")
    faults = [f"{d.relative_to(ROOT)}: missing" for d in dockerfiles if not d.is_file()]
    for dockerfile in dockerfiles:
        if dockerfile.is_file():
            faults += dockerfile_faults(dockerfile)
    faults += compose_faults()
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"docker-compose.yml and {len(dockerfiles)} Dockerfiles are sound")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
