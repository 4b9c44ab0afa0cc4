"""Checks that every link between files of the documentation leads somewhere."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6}\s+(.*)$", re.M)
FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def documents() -> Iterator[Path]:
    """Every page people read."""
    yield from sorted(ROOT.glob("*.md"))
    yield from sorted((ROOT / "docs").rglob("*.md"))


def anchors(page: Path) -> set[str]:
    """The fragments a page offers, made from its headings as forges make them."""
    names = set()
    for heading in HEADING.findall(FENCE.sub("", page.read_text())):
        words = unicodedata.normalize("NFC", heading.strip().lower()).replace("`", "")
        names.add(re.sub(r"[^\w\- ]", "", words).replace(" ", "-"))
    return names


def faults(page: Path) -> Iterator[str]:
    """Links of a page that lead nowhere."""
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        if not goal.exists():
            yield f"{page.relative_to(ROOT)}: {target} does not exist"
        elif fragment and goal.suffix == ".md" and fragment not in anchors(goal):
            yield f"{page.relative_to(ROOT)}: {path or 'this page'} has no heading #{fragment}"


def unlisted_decisions() -> Iterator[str]:
    """Decisions that their index does not list."""
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    for decision in sorted(folder.glob("[0-9]*.md")):
        if f"({decision.name})" not in index:
            yield f"docs/decisions/README.md: {decision.name} is not listed"


def main() -> int:
    """Print every fault; exit status 1 when there is one."""
    pages = list(documents())
    found = [fault for page in pages for fault in faults(page)]
    found += unlisted_decisions()
    for fault in found:
        print(fault, file=sys.stderr)
    if not found:
        print(f"every link of {len(pages)} pages leads somewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
