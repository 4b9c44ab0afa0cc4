"""E-mail addresses of accounts: kept, and confirmed by a link."""
