"""``/cti_profiles``: the profiles of XiVO's client, whose set is fixed."""

from ovix_schema import CtiProfile

from ...kit import Announces, Example, Key, Link, ResourceSpec, Rows, Schema, link, links


class CtiProfileRead(Schema):
    """A profile of the client."""

    id: int
    name: str
    links: list[Link]


CTI_PROFILES = ResourceSpec(
    name="cti_profile",
    title="CtiProfile",
    path="/cti_profiles",
    model=CtiProfile,
    read=CtiProfileRead,
    rows=Rows(
        item={
            "id": CtiProfile.id,
            "name": CtiProfile.name,
            "links": links(link("cti_profiles", "/cti_profiles/", CtiProfile.id)),
        },
        columns={"id": CtiProfile.id, "name": CtiProfile.name},
        order="id",
        key=Key(CtiProfile.id),
        source=CtiProfile.__table__,
    ),
    announces=Announces(),
    example=Example(body={}, change={}, vary=lambda _: {}),
)
