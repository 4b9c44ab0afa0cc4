"""What follows from a line's main user and main extension: the caller id of its endpoint.

Source: reference/confd/lines-endpoints-extensions.md, "Line refresh". Names, numbers and contexts
are read where they are, so nothing else has to be kept in step.
"""

from collections.abc import Sequence
from typing import Any

from ovix_schema import EndpointSccp, EndpointSip, Extension, Line, LineExtension, User, UserLine
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Update,
    and_,
    any_,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from .kit import Work

_NAME: Any = literal_column("""'^"(.*)"'""")
_NUMBER: Any = literal_column("'<([^<>]*)>$'")
_NOTHING: Any = literal_column("''")


def _refresh(condition: ColumnElement[bool], new_user: ColumnElement[bool] | None = None) -> Update:
    """The statement for the lines that meet the condition; built once, it is asked often.

    ``new_user`` says who is about to become the main user, where that is not stored yet.
    """
    own_number = func.substring(User.caller_id, _NUMBER)
    number = func.coalesce(own_number, Extension.exten)
    caller_id = func.concat(
        literal_column("'\"'"),
        func.substring(User.caller_id, _NAME),
        literal_column("'\"'"),
        literal_column("' <'").concat(number).concat(literal_column("'>'")),
    )
    of_users = (
        Line.__table__.join(User, new_user)
        if new_user is not None
        else Line.__table__.join(
            UserLine, and_(UserLine.line_id == Line.id, UserLine.main_user)
        ).join(User, User.id == UserLine.user_id)
    )
    wanted = (
        select(
            Line.endpoint_sip_id.label("sip_id"),
            Line.endpoint_sccp_id.label("sccp_id"),
            caller_id.label("caller_id"),
            func.coalesce(func.substring(User.caller_id, _NAME), _NOTHING).label("name"),
            func.coalesce(Extension.exten, own_number, _NOTHING).label("number"),
        )
        .select_from(of_users)
        .outerjoin(
            LineExtension, and_(LineExtension.line_id == Line.id, LineExtension.main_extension)
        )
        .outerjoin(Extension, Extension.id == LineExtension.extension_id)
        .where(condition)
        .cte("wanted")
    )
    # Both kinds by one statement: this follows every change of a link.
    sccp = (
        update(EndpointSccp)
        .where(EndpointSccp.id == wanted.c.sccp_id)
        .values(cid_name=wanted.c.name, cid_num=wanted.c.number)
        .returning(EndpointSccp.id)
        .cte("sccp")
    )
    with_caller_id = EndpointSip.native_options.concat(
        func.jsonb_build_object(literal_column("'callerid'"), wanted.c.caller_id, type_=JSONB)
    )
    return (
        update(EndpointSip)
        .where(EndpointSip.id == wanted.c.sip_id)
        .values(native_options=with_caller_id)
        .add_cte(sccp)
        .execution_options(synchronize_session=False)
    )


_ID: Any = bindparam("wanted_id", type_=Integer)
_NEW_USER: Any = bindparam("new_user_id", type_=Integer)
_OF_USER = _refresh(UserLine.user_id == _ID)
_OF_LINE = _refresh(Line.id == _ID)
_OF_LINES = _refresh(Line.id == any_(bindparam("wanted_ids", type_=ARRAY(Integer))))
_OF_EXTENSION = _refresh(LineExtension.extension_id == _ID)
_LINES_OF_USER = select(UserLine.line_id).where(UserLine.user_id == _ID)
_LINES_OF_EXTENSION = select(LineExtension.line_id).where(LineExtension.extension_id == _ID)
_OF_NEW_USER = _refresh(
    Line.id == any_(bindparam("wanted_ids", type_=ARRAY(Integer))),
    User.id == _NEW_USER,
)
# Built once, too: a statement that lists its rows would be compiled for each request.
_STORED = (
    insert(UserLine)
    .from_select(
        ["user_id", "line_id", "main_user", "main_line"],
        select(
            _NEW_USER,
            *(
                func.unnest(bindparam(name, type_=ARRAY(kind)))
                for name, kind in (("ids", Integer), ("main_users", Boolean), ("mains", Boolean))
            ),
        ),
    )
    .returning(UserLine.user_id)
    .cte("stored")
)
_RANK = (
    update(UserLine)
    .where(
        UserLine.user_id == _NEW_USER,
        UserLine.line_id == bindparam("main_line_id", type_=Integer),
    )
    .values(main_line=True)
    .execution_options(synchronize_session=False)
)
_STORE = _OF_NEW_USER.add_cte(_STORED)
_STORE_AND_RANK = _STORE.add_cte(_RANK.returning(UserLine.line_id).cte("rank"))


async def refresh_caller_ids(
    work: Work,
    *,
    user_id: int | None = None,
    line_id: int | None = None,
    line_ids: Sequence[int] = (),
    extension_id: int | None = None,
) -> None:
    """Recompute the caller id of the SIP and SCCP endpoints of the lines of one of these.

    Name and number are those of the main user's caller id; without a number there, the main
    extension's; SCCP prefers the extension's number. Lines without a main user keep what they have.
    """
    # The links this follows from must be stored before it is asked.
    await work.session.flush()
    for statement, lines, wanted_id in (
        (_OF_USER, _LINES_OF_USER, user_id),
        (_OF_LINE, None, line_id),
        (_OF_EXTENSION, _LINES_OF_EXTENSION, extension_id),
    ):
        if wanted_id is None:
            continue
        if lines is not None:
            # Before it is read what they show: who links them to another number meanwhile has them
            # locked, and would write what he read.
            locked = select(Line.id).where(Line.id.in_(lines)).order_by(Line.id)
            await work.session.execute(
                locked.with_for_update(key_share=True), {"wanted_id": wanted_id}
            )
        await work.session.execute(statement, {"wanted_id": wanted_id})
    if line_ids:
        await work.session.execute(_OF_LINES, {"wanted_ids": list(line_ids)})


async def store_user_lines(
    work: Work, user_id: int, links: Sequence[UserLine], *, main_line_id: int | None = None
) -> None:
    """Store links of one user, and the caller ids of the lines he is the first on, at once.

    ``main_line_id``: a line he has already, which becomes his main one.
    """
    ranked = {"new_user_id": user_id, "main_line_id": main_line_id}
    if not links:
        await work.session.execute(_RANK, ranked)
        return
    stored = {
        "new_user_id": user_id,
        "ids": [link.line_id for link in links],
        "main_users": [link.main_user for link in links],
        "mains": [link.main_line for link in links],
        "wanted_ids": [link.line_id for link in links if link.main_user],
    }
    if main_line_id is None:
        await work.session.execute(_STORE, stored)
    else:
        await work.session.execute(_STORE_AND_RANK, stored | ranked)
