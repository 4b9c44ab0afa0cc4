"""The process that plugins run in, and the client that the service talks to it through (0073).

``python -m ovix_provd.host`` is the process: what it is made of lies in ``inside``, imports neither
the service nor its libraries, and is imported by nobody else. `PluginHost` (module ``client``)
starts it, watches it and speaks with it.
"""
