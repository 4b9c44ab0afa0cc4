"""The REST API under /1.0 (reference/calls.md 4.1 and 6.1)."""
