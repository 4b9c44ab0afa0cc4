# What all phones share; each one's own settings are in <MAC>.cfg.
download protocol: {{ "HTTPS" if server_url.startswith("https") else "HTTP" }}
auto resync mode: 0
