"""Loads the project's pytest plugin for every test below."""

pytest_plugins = ["ovix_testkit.plugin"]
