"""Events of the bus for clients outside: websocket on 9502, and a plain stream (events.md 7)."""
