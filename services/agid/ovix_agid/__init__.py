"""FastAGI: what Asterisk asks about a call (port 4573)."""
