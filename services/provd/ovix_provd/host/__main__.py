"""``python -m ovix_provd.host SOCKET PAGE PARENT CACHE``: the process that plugins run in."""

import sys

from .inside.process import run

if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
