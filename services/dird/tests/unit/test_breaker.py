"""When a source is left alone, and when it is tried again."""

from ovix_dird.engine.breaker import Breaker, State


def a_breaker() -> Breaker:
    return Breaker(failures=2, pause_s=10, pause_max_s=30, jitter=0)


def test_a_source_is_asked_until_it_failed_often_enough_in_a_row() -> None:
    breaker = a_breaker()
    assert breaker.failed(0)
    assert (breaker.state, breaker.may_ask()) == (State.FAILING, True)
    assert breaker.succeeded()
    assert not breaker.succeeded()
    assert breaker.state is State.UP
    breaker.failed(0)
    assert breaker.failed(0)
    assert (breaker.state, breaker.may_ask()) == (State.DOWN, False)
    assert not breaker.failed(0)  # nothing new to tell


def test_a_dead_source_is_tried_by_one_at_a_time_and_after_longer_and_longer_pauses() -> None:
    breaker = a_breaker()
    breaker.failed(0)
    breaker.failed(0)
    assert not breaker.may_try(9)
    assert breaker.may_try(10)
    assert not breaker.may_try(11)  # somebody is trying
    breaker.failed(12)
    assert not breaker.may_try(31)
    assert breaker.may_try(32)
    breaker.failed(40)
    assert not breaker.may_try(69)
    assert breaker.may_try(70)
    breaker.failed(100)
    assert breaker.may_try(130)  # no longer than the longest
    breaker.succeeded()
    assert breaker.may_ask()
    breaker.failed(200)
    breaker.failed(200)
    assert breaker.may_try(210)  # and from the shortest pause again
