"""Asterisk's channel event log: read from its spool, kept in ``cel``, told as call logs."""
