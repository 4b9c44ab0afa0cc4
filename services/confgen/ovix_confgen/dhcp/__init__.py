"""Configuration of DHCP servers: which phones get an address, and where they look for more."""
