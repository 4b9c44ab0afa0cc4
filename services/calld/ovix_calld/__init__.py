"""Calls, click-to-call, websocket and call logs (ports 9500 and 9502)."""
