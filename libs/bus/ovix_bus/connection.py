"""The transport that a URL asks for."""

from urllib.parse import urlsplit

from .message import Bus
from .postgres import PostgresBus


async def connect(url: str) -> Bus:
    """A bus over ``amqp://``, ``amqps://`` or ``postgresql://``.

    It does not have to be up: publishing raises until it is, and subscriptions come when it comes.
    """
    scheme = urlsplit(url).scheme.partition("+")[0]
    if scheme in {"amqp", "amqps"}:
        from .amqp import AmqpBus  # 3 MB that a service on the other transport does not need

        return AmqpBus(url)
    if scheme in {"postgresql", "postgres"}:
        return PostgresBus(url)
    raise ValueError(f"OVIX_BUS_URL must begin with amqp:// or postgresql://, not {scheme}://")
