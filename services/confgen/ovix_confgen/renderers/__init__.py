"""Rows and settings in, the text of Asterisk's files out: no I/O in here."""
