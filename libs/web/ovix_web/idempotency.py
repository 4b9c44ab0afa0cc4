"""Requests that a client may repeat until it hears an answer: ``Idempotency-Key``.

As draft-ietf-httpapi-idempotency-key-header says: the same key with the same request gives the
first answer again, with another request 422. The key and its answer are stored by the request's own
transaction: either all of it is there after a crash, or nothing, and then a repetition is the
first. A repetition that comes while the first one runs waits for its end. Answers of requests that
failed are not kept, as nothing was done.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import blake2b

from ovix_schema import IdempotencyKey
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from .errors import InvalidRequest, KeyReused, Unavailable
from .tenants import HEADER as TENANT
from .work import Work

HEADER = "Idempotency-Key"
LENGTH_MAX = 255
KEPT_FOR = timedelta(hours=24)
KEPT_MOST = 10_000
"""Keys of one account; beyond, its oldest ones are forgotten before their time."""
FORGOTTEN_AT_ONCE = 100
"""More than one: old keys go faster than new ones come."""


async def once(work: Work, account: str, do: Callable[[], Awaitable[Response]]) -> Response:
    """What ``do`` answers, or what it answered to the account's first request of that key."""
    session = work.session
    named = {"account": account, "key": _key_of(work.request)}
    this_one = and_(*(getattr(IdempotencyKey, name) == value for name, value in named.items()))
    fingerprint = _fingerprint(work.request, await work.request.body())
    await _forget_old_ones(work, account, this_one)
    taken = await session.execute(
        insert(IdempotencyKey)
        .values(**named, fingerprint=fingerprint)
        .on_conflict_do_nothing()  # waits for whoever is storing the same one
        .returning(IdempotencyKey.key)
    )
    if taken.one_or_none() is None:
        kept = (await session.execute(select(IdempotencyKey).where(this_one))).scalar_one_or_none()
        if kept is None or kept.status is None:
            raise Unavailable(message="try again")
        if kept.fingerprint != fingerprint:
            raise KeyReused()
        return Response(kept.body, kept.status, kept.headers)
    answer = await do()
    if answer.status_code >= 400:
        return answer
    if isinstance(answer, StreamingResponse):
        parts = [part async for part in answer.body_iterator]
        content = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
        answer = Response(content, answer.status_code, dict(answer.headers))
    told = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
    await session.execute(
        update(IdempotencyKey)
        .where(this_one)
        .values(status=answer.status_code, headers=told, body=answer.body)
        .execution_options(synchronize_session=False)
    )
    return answer


_KEPT_HEADERS = ("content-type", "location", "etag")


def _key_of(request: Request) -> str:
    """The key, with or without the quotes that the draft asks for."""
    key = request.headers[HEADER].strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 0 < len(key) <= LENGTH_MAX or not (key.isascii() and key.isprintable()):
        raise InvalidRequest(f"{HEADER}: 1 to {LENGTH_MAX} printable ASCII characters")
    return key


def _fingerprint(request: Request, body: bytes) -> bytes:
    """What makes a request the same: its method, URL, the entity it names, and its body."""
    entity = request.headers.get(TENANT, "")
    head = f"{request.method} {request.url.path}?{request.url.query}{entity}\n"
    return blake2b(head.encode() + body, digest_size=16).digest()


async def _forget_old_ones(work: Work, account: str, this_one: ColumnElement[bool]) -> None:
    """Some of those that are past their time, whosever, and the account's oldest of too many."""
    old = IdempotencyKey.created_at < func.now() - KEPT_FOR
    too_many = (
        select(IdempotencyKey.created_at)
        .where(IdempotencyKey.account == account)
        .order_by(IdempotencyKey.created_at.desc())
        .offset(KEPT_MOST - 1)
        .limit(1)
        .scalar_subquery()
    )
    beyond = and_(IdempotencyKey.account == account, IdempotencyKey.created_at <= too_many)
    some = (
        select(IdempotencyKey.account, IdempotencyKey.key)
        .where(or_(old, beyond))
        .limit(FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    await work.session.execute(
        delete(IdempotencyKey)
        .where(
            or_(
                and_(this_one, old),
                tuple_(IdempotencyKey.account, IdempotencyKey.key).in_(some),
            )
        )
        .execution_options(synchronize_session=False)
    )
