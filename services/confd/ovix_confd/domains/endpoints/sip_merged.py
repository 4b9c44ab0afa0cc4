"""``?view=merged``: a template's or an endpoint's sections with what they inherit.

In the order in which confgen writes them: parents before their heirs, each template once, where it
is met first; of an option that stands once in a section, the last one given counts.
"""

from collections.abc import Mapping
from typing import Any

from ovix_telephony.pjsip_options import REPEATABLE
from sqlalchemy import literal_column
from sqlalchemy.dialects.postgresql import JSONB

from .sip_sections import SECTIONS

_LAST = 2**31 - 1
"""Behind every position: an heir comes after its parents."""

_PLACES_MAX = 10_000
"""Templates that inherit two others each, which inherit two each, are met in 2 ** depth places."""

OF_TEMPLATE = "SELECT sip_templates.uuid, ARRAY[]::integer[]"
OF_ENDPOINT = """SELECT parent_uuid, ARRAY[position] FROM endpoint_sip_templates
  WHERE endpoint_id = endpoints_sip.id"""
"""Where the inheritance of a row begins."""


def merged_sections(beginning: str) -> Mapping[str, Any]:
    """The expression of each section, by the name of its field."""
    return {field: _merged(beginning, field) for field in SECTIONS}


def _merged(beginning: str, field: str) -> Any:
    repeatable = ", ".join(f"'{name}'" for name in sorted(REPEATABLE))
    # Nothing of a request is in it.
    statement = f"""(WITH RECURSIVE met (uuid, place) AS (
  {beginning}
  UNION ALL
  SELECT p.parent_uuid, met.place || p.position
  FROM sip_template_parents p JOIN met ON p.template_uuid = met.uuid
), inherited AS (
  SELECT uuid, min(place || {_LAST}) AS place
  FROM (SELECT uuid, place FROM met LIMIT {_PLACES_MAX}) places GROUP BY uuid
), given AS (
  SELECT pair.value AS pair, pair.value ->> 0 AS name,
    row_number() OVER (ORDER BY i.place, pair.ordinality) AS number
  FROM inherited i JOIN sip_templates t ON t.uuid = i.uuid,
    jsonb_array_elements(t.{field}) WITH ORDINALITY AS pair
)
SELECT COALESCE(jsonb_agg(g.pair ORDER BY g.number), '[]') FROM given g
WHERE g.name IN ({repeatable}) OR NOT EXISTS (
  SELECT FROM given later WHERE later.name = g.name AND later.number > g.number))"""  # noqa: S608
    return literal_column(statement, JSONB)
