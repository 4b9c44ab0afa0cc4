"""A RabbitMQ of the tests' own, which they may stop and kill."""

from collections.abc import Iterator

import pytest
from ovix_engines.rabbitmq import PrivateRabbitMq, server_script


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRabbitMq]:
    """A running private node; whoever stops it starts it again."""
    if server_script() is None:
        pytest.skip("RabbitMQ is not installed (tools/rabbitmq/install)")
    node = PrivateRabbitMq(tmp_path_factory.mktemp("rabbitmq"))
    node.start()
    yield node
    node.stop()
