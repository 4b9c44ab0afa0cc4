"""Loads the project's pytest plugins for every test below."""

pytest_plugins = ["ovix_testkit.plugin", "ovix_testkit.engine_tests"]
