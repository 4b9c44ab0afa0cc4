"""Firmware packages of plugins: what describes them, downloads, unpacking, installation.

Source: reference/provd/plugins.md, 10.
"""
