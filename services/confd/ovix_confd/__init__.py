"""The configuration API of XiVO (port 9486)."""
