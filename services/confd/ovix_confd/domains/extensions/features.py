"""``/extensions/features``: the feature codes, whose set is fixed."""

from ovix_bus.catalogue import lines
from ovix_schema import FeatureCode

from ...kit import (
    Announces,
    Example,
    Key,
    ResourceSpec,
    Rows,
    constant,
    link,
    links,
    taken,
)
from .schemas import FeatureCodeRead, FeatureCodeUpdate

FEATURES_CONTEXT = "xivo-features"
"""The pseudo context of feature codes; it is no row of ``contexts``."""

FEATURE_CODES = ResourceSpec(
    name="feature_code",
    title="FeatureExtension",
    path="/extensions/features",
    model=FeatureCode,
    read=FeatureCodeRead,
    update=FeatureCodeUpdate,
    rows=Rows(
        item={
            "id": FeatureCode.id,
            "exten": FeatureCode.exten,
            "context": constant(FEATURES_CONTEXT),
            "feature": FeatureCode.feature,
            "enabled": FeatureCode.enabled,
            "links": links(link("extensions_features", "/extensions/features/", FeatureCode.id)),
        },
        columns={"exten": FeatureCode.exten, "feature": FeatureCode.feature},
        order="exten",
        key=Key(FeatureCode.id),
        source=FeatureCode.__table__,
    ),
    announces=Announces(edited=lines.extension_feature_edited),
    conflicts={"uq_feature_codes_exten": taken("FeatureExtension")},
    example=Example(body={}, change={"enabled": True}, vary=lambda _: {}),
)
