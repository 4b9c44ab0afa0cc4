"""The commands of ``ovix``, one module each."""
