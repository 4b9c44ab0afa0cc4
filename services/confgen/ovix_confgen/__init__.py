"""Renders Asterisk's files from the database and reloads what changed (port 9669)."""
