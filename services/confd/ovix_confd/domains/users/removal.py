"""``DELETE /users/{id}?recursive=true``: what is of no use without a user goes with him.

Source: features.md, I-03. His lines with their endpoints and numbers, his box and his keys are
deleted, his devices are free again, and no destination is left that led to one of them. What he
shares with others stays theirs.
"""

from collections.abc import Sequence

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
from ovix_web.trial import Step, asked
from sqlalchemy import delete, func, select

from ...dangling import unlink_destinations
from ...kit import ResourceError, Work

ENDPOINTS = ("endpoint_sip", "endpoint_sccp", "endpoint_custom")


async def take_phone_and_box_along(work: Work, user: User) -> None:
    """Everything that is his alone, if asked; refused while one of his lines has other users."""
    if not asked(work, "recursive"):
        return
    for take in (_leave_groups, _take_lines, _take_box, _take_keys):
        work.steps += await take(work, user)
    if user.agent_id is not None:
        work.steps.append(Step("unlinked", "agent", user.agent_id))
    work.steps += await unlink_destinations(work, "user", str(user.id))


async def leave_filters(work: Work, user: User) -> None:
    """He is in no call filter any more; keys that switched him go too, and are told of."""
    found = await work.session.execute(
        select(CallFilterMember.call_filter_id, FuncKey.template_id)
        .outerjoin(FuncKey, FuncKey.filter_member_id == CallFilterMember.id)
        .where(CallFilterMember.user_id == user.id)
    )
    rows = found.all()
    work.steps += [
        Step("unlinked", "call_filter", each) for each in sorted({row[0] for row in rows})
    ]
    templates = sorted({row[1] for row in rows if row[1] is not None})
    work.announce(*(func_keys.func_key_template_edited(id=each) for each in templates))


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
        if main_user:
            steps += await _take_line(work, line)
            continue
        await work.session.execute(
            delete(UserLine).where(UserLine.user_id == user.id, UserLine.line_id == line.id)
        )
        steps.append(Step("unlinked", "line", line.id))
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


async def _take_keys(work: Work, user: User) -> list[Step]:
    """His own keys, and those of others that call him: foreign keys take both."""
    found = await work.session.execute(
        select(FuncKeyTemplate.id, FuncKeyTemplate.user_id == user.id)
        .where(
            (FuncKeyTemplate.user_id == user.id)
            | FuncKeyTemplate.id.in_(select(FuncKey.template_id).where(FuncKey.user_id == user.id))
        )
        .order_by(FuncKeyTemplate.id)
    )
    steps = []
    for template_id, his in found.all():
        steps.append(Step("deleted" if his else "unlinked", "func_key_template", template_id))
        if not his:
            work.announce(func_keys.func_key_template_edited(id=template_id))
    return steps


async def _leave_groups(work: Work, user: User) -> list[Step]:
    left = await work.session.scalars(
        delete(GroupUser).where(GroupUser.user_id == user.id).returning(GroupUser.group_id)
    )
    ids = sorted(left)
    if ids:
        work.announce(users.groups_associated(user_uuid=user.uuid, group_ids=[]))
    return [Step("unlinked", "group", group_id) for group_id in ids]


__all__ = ["leave_filters", "take_phone_and_box_along"]
