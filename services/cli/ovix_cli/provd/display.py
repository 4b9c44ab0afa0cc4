"""How operations go, on the terminal (reference/provd/cli.md, 3)."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from .client import Show
from .status import Status

STATES = {
    "waiting": "waiting...",
    "progress": "in progress...",
    "success": "[green]done.[/]",
    "fail": "[red]failed.[/]",
}


@contextmanager
def on_terminal(label: str) -> Iterator[Show]:
    """A bar for the operation and one for each of its parts, on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bars: list[TaskID] = []

        def show(status: Status) -> None:
            for at, part in enumerate(status.all()):
                if at == len(bars):
                    bars.append(progress.add_task("", total=None))
                name = label if at == 0 else f"  {part.label or 'file'}"
                description = f"{name}: {STATES[part.state]}"
                if part.current is not None and not part.end:
                    description += f" {part.current}"
                completed, total = _measure(part)
                progress.update(bars[at], description=description, completed=completed, total=total)

        yield show


def _measure(part: Status) -> tuple[int, int | None]:
    """What the bar shows: a part of unknown size moves until it is over, and is full then."""
    if part.state == "success":
        return 1, 1
    if part.end:
        return part.current or 0, part.end
    return 0, 1 if part.state == "fail" else None
