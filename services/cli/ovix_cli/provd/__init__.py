"""provd's console: its objects by name, for commands, for expressions, and for a prompt."""
