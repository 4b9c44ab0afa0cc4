"""The ``ovix`` command: everything on one machine, database, accounts, demo company."""
