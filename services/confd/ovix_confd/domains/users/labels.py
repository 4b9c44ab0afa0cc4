"""``labels`` of a user: what he bears, kept to the administration (features.md: F-159, F-206)."""

from typing import Any

from ovix_schema import Label, User, UserLabel
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.postgresql import insert

from ...kit import Values, Work, json_list, json_object, link, links, not_permitted, param_not_found


def labels_json() -> ColumnElement[Any]:
    """The labels of a row of ``User``."""
    return json_list(
        json_object(
            id=Label.id,
            display_name=Label.display_name,
            links=links(link("labels", "/labels/", Label.id)),
        ),
        UserLabel.user_id == User.id,
        Label.id == UserLabel.label_id,
        order=(Label.display_name,),
    )


def bears(name: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a row of ``User`` bears the label that is displayed as this."""
    bearing = select(UserLabel.user_id).join(Label, Label.id == UserLabel.label_id)
    return User.id.in_(bearing.where(Label.display_name == name))


def _ids(values: Values) -> set[int]:
    return {each["id"] for each in values.get("labels") or ()}


async def give_labels(work: Work, user: User, values: Values) -> None:
    """He bears those that are named; they exist, in his entity."""
    wanted = _ids(values)
    if not wanted:
        return
    entity = select(User.entity_id).where(User.id == user.id).scalar_subquery()
    found = await work.session.execute(
        select(Label.id, Label.entity_id.is_distinct_from(entity)).where(
            Label.id.in_(wanted), *work.owned(Label.entity_id)
        )
    )
    foreign = {row[0]: row[1] for row in found}
    for label_id in sorted(wanted):
        if label_id not in foreign:
            raise param_not_found("labels", "Label", id=label_id)
        if foreign[label_id]:
            raise not_permitted("User and Label are of different entities", id=label_id)
    rows = [{"user_id": user.id, "label_id": label_id} for label_id in sorted(wanted)]
    await work.session.execute(insert(UserLabel).on_conflict_do_nothing(), rows)


async def take_labels(work: Work, user: User, values: Values) -> None:
    """After an edit that names labels he bears no others."""
    if "labels" in values:
        await work.session.execute(
            delete(UserLabel).where(
                UserLabel.user_id == user.id, UserLabel.label_id.not_in(_ids(values))
            )
        )
