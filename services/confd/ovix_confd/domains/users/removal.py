"""What goes with a user who is deleted: keys; all that is of no use without him, if asked.

``DELETE /users/{id}?recursive=true`` (features.md, I-03) deletes his lines with their endpoints and
numbers, and his box; his devices are free again, and no destination is left that led to one of
them. What he shares with others stays theirs.
"""

from collections.abc import Sequence
from typing import Any

from ovix_bus.catalogue import func_keys, lines, users
from ovix_schema import (
    CallFilterMember,
    Extension,
    FuncKey,
    FuncKeyTemplate,
    GroupUser,
    Line,
    LineExtension,
    User,
    UserLine,
    Voicemail,
)
from ovix_web.trial import Action, Step, asked
from sqlalchemy import delete, func, select, union

from ...dangling import unlink_destinations
from ...kit import ResourceError, Work, constant

ENDPOINTS = ("endpoint_sip", "endpoint_sccp", "endpoint_custom")


async def take_phone_and_box_along(work: Work, user: User) -> None:
    """What is his alone, if asked; refused while one of his lines has other users."""
    if not asked(work, "recursive"):
        return
    for take in (_leave_groups, _take_lines, _take_box):
        work.steps += await take(work, user)


async def leave_keys_and_filters(work: Work, user: User) -> None:
    """His own keys go, those of others that call or switch him, and his places in call filters.

    Foreign keys take them all. Phones of others are told while it is known whose keys they are.
    """
    key_of_others = (
        _step("unlinked", "func_key_template", FuncKey.template_id)
        .join(FuncKeyTemplate, FuncKeyTemplate.id == FuncKey.template_id)
        .where(FuncKeyTemplate.user_id.is_distinct_from(user.id))
    )
    switches = CallFilterMember.id == FuncKey.filter_member_id
    as_member = CallFilterMember.user_id == user.id
    found = await work.session.execute(
        union(
            _step("deleted", "func_key_template", FuncKeyTemplate.id).where(
                FuncKeyTemplate.user_id == user.id
            ),
            key_of_others.where(FuncKey.user_id == user.id),
            key_of_others.join(CallFilterMember, switches).where(as_member),
            _step("unlinked", "call_filter", CallFilterMember.call_filter_id).where(as_member),
        )
    )
    for action, resource, its_id in sorted(found.all()):
        work.steps.append(Step(action, resource, its_id))
        if (action, resource) == ("unlinked", "func_key_template"):
            work.announce(func_keys.func_key_template_edited(id=its_id))


def _step(action: Action, resource: str, its_id: Any) -> Any:
    return select(constant(action), constant(resource), its_id)


async def leave_agent_and_destinations(work: Work, user: User) -> None:
    """The rest, if all was asked for: nothing names him any more."""
    if not asked(work, "recursive"):
        return
    if user.agent_id is not None:
        work.steps.append(Step("unlinked", "agent", user.agent_id))
    work.steps += await unlink_destinations(work, "user", str(user.id))


async def _take_lines(work: Work, user: User) -> list[Step]:
    linked = await work.session.execute(
        select(Line, UserLine.main_user, UserLine.main_line)
        .join(UserLine, UserLine.line_id == Line.id)
        .where(UserLine.user_id == user.id)
        .order_by(Line.id)
        .with_for_update(key_share=True, of=Line)
    )
    steps: list[Step] = []
    for line, main_user, main_line in linked.all():
        if main_user:
            await _has_no_other_users(work, user, line)
        work.announce(
            users.line_dissociated(
                user_id=user.id, line_id=line.id, main_user=main_user, main_line=main_line
            )
        )
        await work.session.execute(
            delete(UserLine).where(UserLine.user_id == user.id, UserLine.line_id == line.id)
        )
        steps += await _take_line(work, line) if main_user else [Step("unlinked", "line", line.id)]
    return steps


async def _has_no_other_users(work: Work, user: User, line: Line) -> None:
    others = select(UserLine.user_id).where(
        UserLine.line_id == line.id, UserLine.user_id != user.id
    )
    if user_ids := list(await work.session.scalars(others)):
        raise ResourceError(
            "There are secondary users associated to the line", line_id=line.id, user_ids=user_ids
        )


async def _take_line(work: Work, line: Line) -> list[Step]:
    # Here, as lines know users: their links have two sides.
    from ..extensions import EXTENSIONS
    from ..lines import LINES

    numbers = await work.session.scalars(
        select(Extension)
        .join(LineExtension, LineExtension.extension_id == Extension.id)
        .where(LineExtension.line_id == line.id)
        .order_by(Extension.id)
        .with_for_update(key_share=True, of=Extension)
    )
    extensions = list(numbers)
    for extension in extensions:
        told = lines.line_extension_dissociated(line_id=line.id, extension_id=extension.id)
        work.announce(told)
    steps = [] if line.device_id is None else [Step("freed", "device", line.device_id)]
    for kind in ENDPOINTS:
        endpoint_id = getattr(line, f"{kind}_id")
        if endpoint_id is not None:
            steps.append(Step("deleted", kind, endpoint_id))
    steps.append(Step("deleted", "line", line.id))
    await LINES.remove(work, line)
    shared = await _shared(work, extensions)
    for extension in extensions:
        if extension.id not in shared:
            leads_to_it = await unlink_destinations(
                work, "extension", extension.exten, extension.context
            )
            await EXTENSIONS.remove(work, extension)
            steps += [*leads_to_it, Step("deleted", "extension", extension.id)]
    return steps


async def _shared(work: Work, extensions: Sequence[Extension]) -> set[int]:
    """Those that lines lead to still."""
    ids = [extension.id for extension in extensions]
    still = select(LineExtension.extension_id).where(LineExtension.extension_id.in_(ids))
    return set(await work.session.scalars(still))


async def _take_box(work: Work, user: User) -> list[Step]:
    if user.voicemail_id is None:
        return []
    from ..voicemails import VOICEMAILS

    box_id = user.voicemail_id
    box = await work.session.scalar(
        select(Voicemail).where(Voicemail.id == box_id).with_for_update(of=Voicemail)
    )
    user.voicemail_id, user.voicemail_enabled = None, False
    await work.session.flush()  # the box is asked below whose it is
    work.announce(users.voicemail_dissociated(user_uuid=user.uuid, voicemail_id=box_id))
    others = select(func.count()).select_from(User).where(User.voicemail_id == box_id)
    if box is None or await work.session.scalar(others):
        return [Step("unlinked", "voicemail", box_id)]
    steps = await unlink_destinations(work, "voicemail", str(box_id))
    await VOICEMAILS.remove(work, box)
    return [*steps, Step("deleted", "voicemail", box_id)]


async def _leave_groups(work: Work, user: User) -> list[Step]:
    left = await work.session.scalars(
        delete(GroupUser).where(GroupUser.user_id == user.id).returning(GroupUser.group_id)
    )
    ids = sorted(left)
    if ids:
        work.announce(users.groups_associated(user_uuid=user.uuid, group_ids=[]))
    return [Step("unlinked", "group", group_id) for group_id in ids]


__all__ = [
    "leave_agent_and_destinations",
    "leave_keys_and_filters",
    "take_phone_and_box_along",
]
