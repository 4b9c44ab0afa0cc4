"""AGI and AMI as sans-I/O machines with thin asyncio shells, and the .conf writer."""
