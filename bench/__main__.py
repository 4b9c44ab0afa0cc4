"""``python -m bench [name …]``: the benchmarks of this folder, one after another."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
NOT_BENCHMARKS = {"harness"}
PARTS = ("_client", "_floor", "_rows")
"""Ends of the names of parts of a benchmark: agid_client.py belongs to agid.py."""


def main(names: list[str]) -> int:
    """Run each in a process of its own; the number that failed."""
    files = {path.stem for path in FOLDER.glob("*.py")} - NOT_BENCHMARKS
    known = sorted(name for name in files if not name.startswith("_") and not name.endswith(PARTS))
    unknown = set(names) - set(known)
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
        return 2
    failed = 0
    for name in names or known:
        print(f"\n== {name} ==", flush=True)
        failed += (
            subprocess.run(
                [sys.executable, "-m", f"bench.{name}"], cwd=FOLDER.parent, check=False
            ).returncode
            != 0
        )
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
