"""dird: who is behind a name or a number, from every directory at once."""
