"""Pages of commands to paste into a shell do what they say: they are run from the page itself."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from ovix_testkit.integrator import Integrator
from ovix_testkit.stack import Stack

DOCS = Path(__file__).resolve().parents[2] / "docs"
_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "--- end of block ---"


def blocks_of(page: str) -> Iterator[tuple[str, str | None]]:
    """The commands of each block, and what the page says they print; None: it does not say."""
    commands: str | None = None
    for kind, content in _BLOCK.findall(page):
        if kind == "text":
            assert commands is not None, f"an output without commands: {content}"
            yield commands, content
            commands = None
            continue
        if commands is not None:
            yield commands, None
        commands = content
    if commands is not None:
        yield commands, None


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def company(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """An entity and a context, as ``make run`` founds them; nothing is called, so no Asterisk."""
    async with Stack(tmp_path_factory.mktemp("ovix"), asterisk=False) as stack:
        founder = Integrator(stack, await stack.token())
        await founder.confd("POST", "/entities", {"name": "company"})
        await founder.context("default")
        await founder.close()
        yield stack


@pytest.mark.parametrize("page", ["users-by-curl.md", "provisioning.md", "phones-directory.md"])
async def test_a_page_of_commands_does_what_it_says(
    page: str, company: Stack, tmp_path: Path
) -> None:
    blocks = list(blocks_of((DOCS / page).read_text()))
    assert blocks
    script = "".join(f"{commands}\necho; echo '{_MARK}'\n" for commands, _ in blocks)
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", script),
        cwd=tmp_path,
        env={
            **os.environ,
            "AUTH": f"{company.url('auth')}/0.1",
            "CONFD": f"{company.url('confd')}/1.1",
            "PROVD": f"{company.url('provd')}/provd",
            "DIRECTORY": f"http://127.0.0.1:{company.ports['phones_directory']}/0.1",
            "PHONES": f"http://127.0.0.1:{company.ports['phones_http']}",
            "OVIX_ADMIN_PASSWORD": company.secrets["OVIX_ADMIN_PASSWORD"],
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await shell.communicate()
    printed = output.decode().split(f"\n{_MARK}\n")
    failed = blocks[min(len(printed), len(blocks)) - 1][0]
    assert shell.returncode == 0, f"{failed}\n{printed[-1]}\n{errors.decode()}"
    for (commands, expected), shown in zip(blocks, printed[:-1], strict=True):
        if expected is not None:
            assert shown == expected, commands
