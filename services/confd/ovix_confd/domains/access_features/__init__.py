"""Access features: which hosts and networks may use the phones' directory.

Source: reference/confd/settings-wizard-misc.md, "System settings".
"""

from ipaddress import ip_network
from typing import Annotated, Any, Literal

from ovix_bus.catalogue import settings
from ovix_schema import AccessFeature
from pydantic import AfterValidator

from ...kit import (
    Announces,
    Example,
    Key,
    Link,
    ResourceSpec,
    Rows,
    Schema,
    Strict,
    link,
    links,
    partial_of,
    taken,
    text,
)


def _network(given: str) -> str:
    ip_network(given, strict=False)
    return given


class AccessFeatureCreate(Schema):
    """A host or network, and what it may use."""

    host: Annotated[str, text(255), AfterValidator(_network)]
    feature: Literal["phonebook"]
    enabled: Strict = True


class AccessFeatureRead(Schema):
    """A host or network, and what it may use."""

    id: int
    host: str
    feature: Literal["phonebook"]
    enabled: bool
    links: list[Link]


def _its_data(row: AccessFeature) -> dict[str, Any]:
    return {"id": row.id, "host": row.host, "feature": row.feature, "enabled": row.enabled}


COLUMNS = {
    "id": AccessFeature.id,
    "host": AccessFeature.host,
    "feature": AccessFeature.feature,
    "enabled": AccessFeature.enabled,
}
ACCESS_FEATURES = ResourceSpec(
    name="access_feature",
    title="AccessFeatures",
    path="/access_features",
    model=AccessFeature,
    read=AccessFeatureRead,
    create=AccessFeatureCreate,
    update=partial_of(AccessFeatureCreate),
    rows=Rows(
        item=COLUMNS
        | {"links": links(link("access_features", "/access_features/", AccessFeature.id))},
        columns=COLUMNS,
        order="host",
        key=Key(AccessFeature.id),
        source=AccessFeature.__table__,
    ),
    announces=Announces(
        created=settings.access_feature_created,
        edited=settings.access_feature_edited,
        deleted=settings.access_feature_deleted,
        data=_its_data,
    ),
    conflicts={"uq_access_features_host_feature": taken("AccessFeatures")},
    example=Example(
        body={"host": "192.0.2.0/24", "feature": "phonebook", "enabled": True},
        change={"enabled": False},
        vary=lambda n: {"host": f"198.51.100.{n}"},
    ),
)
SPECS = (ACCESS_FEATURES,)
