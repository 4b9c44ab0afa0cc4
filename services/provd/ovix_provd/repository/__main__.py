"""``python -m ovix_provd.repository SOURCES TARGET``: packages and their index, to be served.

SOURCES holds a directory for each plugin, with its ``plugin-info``; what it is called is its id.
"""

import sys
from pathlib import Path

from .index import build
from .package import BadPackage


def main() -> int:
    """Pack what the command names; 0 when all went well."""
    if len(sys.argv) != 3:
        print((__doc__ or "").strip(), file=sys.stderr)  # noqa: T201
        return 2
    sources, target = (Path(each) for each in sys.argv[1:])
    try:
        target.mkdir(parents=True, exist_ok=True)
        index = build(sources, target)
    except (BadPackage, OSError) as error:
        print(f"{sources}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    for entry in index.values():
        print(f"{entry['filename']} {entry['dsize']} {entry['sha256sum']}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
