"""Telephony rules without I/O: patterns, ranges, rights, schedules, caller id."""
