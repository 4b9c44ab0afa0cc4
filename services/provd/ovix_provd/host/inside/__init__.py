"""What the plugin host is made of. It imports nothing of the service: plugins could reach it."""

MEMORY_VARIABLE = "OVIX_PLUGIN_HOST_MEMORY"
"""Of the process's environment: bytes of data that it may have."""

OUT_OF_MEMORY = 87
"""The status that the process exits with when a plugin asked for more."""

THREADS_STUCK = 88
"""The status that it exits with when threads of plugins have not ended for long."""
