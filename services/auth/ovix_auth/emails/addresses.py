"""The addresses of an account, replaced as a whole (reference/auth.md, C3)."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from ovix_schema import Account, AccountEmail
from ovix_web.bodies import Schema, Strict
from pydantic import Field, RootModel, model_validator
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..errors import Conflict
from ..everybody import Email

ADDRESSES_MAX = 20
# No control characters, also those that are no white space to the validator, and no brackets: no
# mail can be written to them.
_PART = r"[^\s@\x00-\x1f\x7f-\x9f\[\]]+"
Address = Annotated[str, Field(max_length=254, pattern=rf"^{_PART}@{_PART}$")]


class EmailGiven(Schema):
    """An address that a user gives; whether it is confirmed is not for him to say."""

    address: Address
    main: Strict = Field(description="Where mail goes; exactly one is the main one")


class EmailGivenByAdmin(EmailGiven):
    """An address that an administrator gives."""

    confirmed: Strict | None = Field(
        None, description="null or absent: as it was; a new address is then not confirmed"
    )


def _must_fit_together(emails: Sequence[EmailGiven]) -> None:
    """ValueError unless there is one main address and no address twice; none at all is fine."""
    if emails and sum(each.main for each in emails) != 1:
        raise ValueError("exactly one address must be the main one")
    if len({each.address.lower() for each in emails}) != len(emails):
        raise ValueError("an address must not be given twice")


class EmailsGiven(Schema):
    """All addresses of a user: what is not named is deleted."""

    emails: list[EmailGiven] = Field(max_length=ADDRESSES_MAX)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _must_fit_together(self.emails)
        return self


class EmailsGivenByAdmin(Schema):
    """The same, by an administrator."""

    emails: list[EmailGivenByAdmin] = Field(max_length=ADDRESSES_MAX)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _must_fit_together(self.emails)
        return self


class Emails(RootModel[list[Email]]):
    """The addresses of a user, the main one first."""


async def emails_of(session: AsyncSession, account_id: int) -> list[AccountEmail]:
    """The addresses of an account, the main one first."""
    found = await session.scalars(
        select(AccountEmail)
        .where(AccountEmail.account_id == account_id)
        .order_by(AccountEmail.main.desc(), func.lower(AccountEmail.address))
    )
    return list(found)


async def must_be_free(session: AsyncSession, account_id: int | None, *addresses: str) -> None:
    """409 for an address that is another account's."""
    taken = await session.scalar(
        select(AccountEmail.address)
        .where(func.lower(AccountEmail.address).in_([each.lower() for each in addresses]))
        .where(AccountEmail.account_id.is_distinct_from(account_id))
        .limit(1)
    )
    if taken is not None:
        raise Conflict(resource="users", column="email_address", value=taken)


async def set_emails(session: AsyncSession, account: Account, given: Sequence[EmailGiven]) -> None:
    """Make these the account's addresses. One that stays keeps its uuid, whatever its case.

    The account's row must be locked: the one main address is changed in two steps.
    """
    await must_be_free(session, account.id, *(each.address for each in given))
    known = {each.address.lower(): each for each in await emails_of(session, account.id)}
    wanted = {each.address.lower(): each for each in given}
    for key in known.keys() - wanted.keys():
        await session.delete(known.pop(key))
    for kept in known.values():
        kept.main = False
    await session.flush()  # before another one is the main one: there is never more than one
    for key, each in wanted.items():
        row = known.get(key) or AccountEmail(account_id=account.id, confirmed=False)
        row.address, row.main = each.address, each.main
        if isinstance(each, EmailGivenByAdmin) and each.confirmed is not None:
            row.confirmed = each.confirmed
        session.add(row)
    await session.flush()


async def set_main(
    session: AsyncSession, account: Account, address: str | None, *, confirmed: bool
) -> None:
    """Replace the main address; one that is confirmed already stays so. None: no address at all."""
    if address is None:
        await session.execute(delete(AccountEmail).where(AccountEmail.account_id == account.id))
        return
    others = [
        EmailGiven(address=each.address, main=False)
        for each in await emails_of(session, account.id)
        if not each.main and each.address.lower() != address.lower()
    ]
    main = EmailGivenByAdmin(address=address, main=True, confirmed=True if confirmed else None)
    await set_emails(session, account, [*others, main])


def shown(row: AccountEmail) -> dict[str, Any]:
    """The JSON of an address."""
    return {
        "uuid": row.uuid,
        "address": row.address,
        "main": row.main,
        "confirmed": row.confirmed,
    }
