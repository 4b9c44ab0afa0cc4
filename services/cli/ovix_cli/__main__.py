"""``python -m ovix_cli`` is the ``ovix`` command."""

from ovix_cli.application import main

main()
