"""What of PostgreSQL's troubles passes by itself."""

from ovix_web import is_away
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeout


def test_a_pool_that_is_full_for_now_is_a_database_that_is_away() -> None:
    assert is_away(PoolTimeout("QueuePool limit of size 10 overflow 0 reached"))
    assert not is_away(InvalidRequestError("a fault of ours"))
