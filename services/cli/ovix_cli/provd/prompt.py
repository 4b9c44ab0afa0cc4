"""The prompt: expressions one after the other, with completion."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields

from rich.console import Console as Terminal

from ovix_cli.home import CliError

from .client import Options
from .console import Console
from .exposed import exposed_names
from .expressions import run

PROMPT = "provd> "
HELP = """\
devices, configs, plugins, parameters, helpers and options are there; dirr(devices) names what can
be done with one of them. For example: devices.using_plugin("xivo-yealink-v86").synchronize()"""


def completions(console: Console, text: str) -> Sequence[str]:
    """What a word that was begun may become."""
    path, dot, begun = text.rpartition(".")
    if not dot:
        return sorted(name for name in console.names if name.startswith(begun))
    name = re.sub(r"\[.*\]$", "", path)
    target = console.names.get(name)
    if isinstance(target, Options):
        known = [each.name for each in fields(Options)]
    else:
        known = exposed_names(target)
    return [f"{path}.{each}" for each in known if each.startswith(begun)]


def converse(console: Console, read: Callable[[str], str] = input) -> None:
    """Read and run expressions until the end of input."""
    _complete_with(console)
    terminal = Terminal(stderr=True, soft_wrap=True)
    terminal.print(HELP, markup=False, highlight=False)
    while True:
        try:
            text = read(PROMPT)
        except EOFError:
            return
        except KeyboardInterrupt:
            continue
        if text.strip() in ("exit", "exit()", "quit", "quit()"):
            return
        try:
            console.show(run(text, console.names))
        except CliError as error:
            terminal.print(str(error), style="red", markup=False, highlight=False)
        except KeyboardInterrupt:
            terminal.print("interrupted", style="red")


def _complete_with(console: Console) -> None:
    with suppress(ImportError):
        import readline

        def complete(text: str, state: int) -> str | None:
            found = completions(console, text)
            return found[state] if state < len(found) else None

        readline.set_completer_delims(" ()\t\n,=")
        readline.set_completer(complete)
        readline.parse_and_bind("tab: complete")
