"""Accounts that people have elsewhere: Google, Microsoft, and the push service of a telephone."""
