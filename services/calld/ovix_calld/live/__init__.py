"""Live calls: what the channels of Asterisk become for integrators, and how that survives us."""
