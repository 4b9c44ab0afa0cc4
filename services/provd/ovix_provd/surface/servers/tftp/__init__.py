"""TFTP as plugins see it."""
