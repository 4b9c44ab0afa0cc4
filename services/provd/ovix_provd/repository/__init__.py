"""Plugins as packages: where they come from, how they get onto the disk, and who may change them.

Source: reference/provd/plugins.md, 1 to 5; decisions 0073 and 0074.
"""
