"""The directory as desk phones read it (reference/phoned.md)."""
