"""Who may make himself another account: set its password, or where its mail goes."""

from ovix_schema import Account
from ovix_web.work import Work

from .access_lists import access_list
from .acl_templates import TooManyEntries
from .builtin_policies import POLICIES, XIVO_ADMIN
from .errors import InvalidData
from .grants import must_hold
from .holders import Holder


def must_be_root(work: Work) -> None:
    """Only who has every right makes or changes somebody who has; of an entity, within it."""
    must_hold(work.identity, (each for each in POLICIES[XIVO_ADMIN].acl if "{" not in each))


async def must_hold_all_of(work: Work, account: Account) -> None:
    """Who may then act as that account must hold what it was granted."""
    if account.kind == "admin" and account.is_root:
        must_be_root(work)
    holder = Holder(str(account.uuid), None, tuple(account.acl), account_id=account.id)
    try:
        held = await access_list(work.session, holder)
    except TooManyEntries as error:
        raise InvalidData("users", "the account has more accesses than a token may hold") from error
    must_hold(work.identity, held)
