"""Directories: sources, displays, profiles, favorites, phonebooks and personal contacts.

Revision ID: 0020
Revises: 0019
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

CONFIGURATION = (
    "directory_sources",
    "directory_displays",
    "directory_profiles",
    "directory_profile_sources",
    "entities",
)
NUMBER = r"""
CREATE FUNCTION ovix_number(text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
    SELECT CASE WHEN $1 ~ '^[\s(]*\+?[\s(]*[0-9*#][0-9*#\s().\u00a0/-]{0,60}$' THEN
        regexp_replace(
            regexp_replace(
                regexp_replace($1, '^(\s*(\+|00)[^(]*)\(0\)', '\1'),
                '[^0-9*#+]', '', 'g'),
            '^00', '+')
    END
$$
"""
SEARCH = r"""
CREATE FUNCTION ovix_contact_search(jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
    SELECT public.ovix_search(coalesce(string_agg(
        ' ' || value || coalesce(E'\n ' || public.ovix_number(value), ''), E'\n' ORDER BY key
    ), '')) FROM jsonb_each_text($1)
$$
"""
NUMBERS = """
CREATE FUNCTION ovix_contact_numbers(jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
    SELECT coalesce(array_agg(DISTINCT number ORDER BY number), '{}') FROM (
        SELECT public.ovix_number(value) AS number FROM jsonb_each_text($1)
    ) AS each WHERE number IS NOT NULL
$$
"""
CHANGED = """
CREATE FUNCTION ovix_directories_changed() RETURNS trigger
LANGUAGE plpgsql
AS $$ BEGIN PERFORM pg_notify('ovix_directories', ''); RETURN NULL; END $$
"""
DEFAULTS = """
WITH book AS (
    INSERT INTO phonebooks (tenant, name, description)
    VALUES ('default', 'xivo', 'Contacts shared by everybody') RETURNING uuid
), sources AS (
    INSERT INTO directory_sources (backend, name, settings)
    SELECT 'xivo', 'internal', CAST(:internal AS jsonb)
    UNION ALL SELECT 'phonebook', 'xivodir',
        CAST(:xivodir AS jsonb) || jsonb_build_object('phonebook_uuid', uuid) FROM book
    UNION ALL SELECT 'personal', 'personal', CAST(:personal AS jsonb)
    RETURNING uuid, name
), displays AS (
    INSERT INTO directory_displays (name, columns) VALUES ('Display', CAST(:columns AS jsonb))
    RETURNING uuid
), profiles AS (
    INSERT INTO directory_profiles (name, display_uuid, services)
    SELECT name, uuid, CAST(:services AS jsonb)
    FROM displays, unnest(ARRAY['default', '__switchboard_directory']) AS name
    RETURNING uuid
)
INSERT INTO directory_profile_sources (profile_uuid, service, source_uuid, position)
SELECT profiles.uuid, service, sources.uuid,
       array_position(ARRAY['internal', 'xivodir', 'personal'], sources.name::text) - 1
FROM profiles, sources, unnest(ARRAY['lookup', 'reverse', 'favorites']) AS service
"""
INTERNAL = """{
 "searched_columns": ["firstname", "lastname", "full_name", "exten", "mobile_phone_number"],
 "first_matched_columns": ["exten", "mobile_phone_number"],
 "format_columns": {
  "name": "{firstname} {lastname}", "display_name": "{firstname} {lastname}",
  "reverse": "{firstname} {lastname}", "phone": "{exten}",
  "phone_mobile": "{mobile_phone_number}", "voicemail": "{voicemail_number}",
  "header_1_info": "{firstname} {lastname}", "contact_1_callable": "{exten}",
  "contact_3_callable": "{mobile_phone_number}", "contact_5_email": "{email}"
 }
}"""
XIVODIR = """{
 "searched_columns": ["firstname", "lastname", "displayname", "society", "email", "number_office",
                      "number_mobile", "number_home", "number_other"],
 "first_matched_columns": ["number_office", "number_mobile", "number_home", "number_other"],
 "format_columns": {
  "name": "{firstname} {lastname}", "display_name": "{displayname}",
  "reverse": "{firstname} {lastname}", "company": "{society}", "phone": "{number_office}",
  "phone_mobile": "{number_mobile}", "phone_home": "{number_home}",
  "phone_other": "{number_other}", "fax": "{fax}", "header_1_info": "{firstname} {lastname}",
  "header_2_info": "{society}", "contact_2_callable": "{number_office}",
  "contact_3_callable": "{number_mobile}", "contact_4_callable": "{number_other}",
  "contact_5_email": "{email}", "contact_6_callable": "{fax}"
 }
}"""
PERSONAL = """{
 "searched_columns": ["company", "email", "fax", "firstname", "lastname", "mobile", "number"],
 "first_matched_columns": ["number", "mobile"],
 "format_columns": {
  "name": "{firstname} {lastname}", "nom": "{firstname} {lastname}",
  "display_name": "{firstname} {lastname}", "reverse": "{firstname} {lastname}",
  "phone": "{number}", "phone_mobile": "{mobile}", "header_1_info": "{firstname} {lastname}",
  "header_2_info": "{company}", "contact_1_callable": "{number}",
  "contact_3_callable": "{mobile}", "contact_5_email": "{email}", "contact_6_callable": "{fax}"
 }
}"""
COLUMNS = """[
 {"title": "Nom", "type": "name", "field": "name", "default": null},
 {"title": "Numéro", "type": "number", "field": "phone", "default": null,
  "number_display": "{name}"},
 {"title": "Mobile", "type": "callable", "field": "phone_mobile", "default": null,
  "number_display": "{name} (mobile)"},
 {"title": "Boîte vocale", "type": "voicemail", "field": "voicemail", "default": null},
 {"title": "Favoris", "type": "favorite", "field": "favorite", "default": null},
 {"title": "E-mail", "type": "email", "field": "email", "default": null},
 {"title": "Personnel", "type": "personal", "field": "personal", "default": null}
]"""
SERVICES = """{
 "lookup": {"options": {"timeout": 2.9}},
 "reverse": {"options": {"timeout": 1.0}},
 "favorites": {"options": {"timeout": 2.9}}
}"""


def _uuid() -> "sa.Column[object]":
    return sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False)


def _created_at() -> "sa.Column[object]":
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _entity_id(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entities.id"], name=op.f(f"fk_{table}_entity_id"), ondelete="CASCADE"
        ),
    )


def _json(name: str, default: str | None = "{}") -> "sa.Column[object]":
    return sa.Column(name, postgresql.JSONB(), server_default=default, nullable=False)


def _configured(table: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        _uuid(),
        *_entity_id(table),
        sa.Column("name", sa.String(length=512), nullable=False),
        *columns,
        _created_at(),
        sa.PrimaryKeyConstraint("uuid", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "entity_id",
            "name",
            name=op.f(f"uq_{table}_entity_id_name"),
            postgresql_nulls_not_distinct=True,
        ),
        info={"owner": "dird"},
    )


def _contacts(table: str, owner: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        _uuid(),
        *columns,
        _json("fields", None),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        _created_at(),
        sa.Column(
            "search_text", sa.Text(), sa.Computed("ovix_contact_search(fields)", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "numbers", postgresql.ARRAY(sa.String()),
            sa.Computed("ovix_contact_numbers(fields)", persisted=True), nullable=False,
        ),
        sa.PrimaryKeyConstraint("uuid", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(owner, "content_hash", name=op.f(f"uq_{table}_{owner}_content_hash")),
        info={"owner": "dird"},
    )  # fmt: skip


def _owner(
    table: str, column: str, kind: "sa.types.TypeEngine[Any]", target: str
) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column(column, kind, nullable=False),
        sa.ForeignKeyConstraint(
            [column], [target], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
        ),
    )


def upgrade() -> None:
    for function in (NUMBER, SEARCH, NUMBERS, CHANGED):
        op.execute(sa.text(function.replace(":", r"\:")))
    _configured(
        "directory_sources",
        sa.Column("backend", sa.String(length=64), nullable=False),
        _json("settings"),
    )
    _configured("directory_displays", _json("columns", None))
    _configured(
        "directory_profiles",
        sa.Column("display_uuid", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(
            ["display_uuid"],
            ["directory_displays.uuid"],
            name=op.f("fk_directory_profiles_display_uuid"),
            ondelete="SET NULL",
        ),
        _json("services"),
    )
    op.create_index("ix_directory_profiles_display_uuid", "directory_profiles", ["display_uuid"])
    table = "directory_profile_sources"
    op.create_table(
        table,
        *_owner(table, "profile_uuid", sa.UUID(), "directory_profiles.uuid"),
        sa.Column("service", sa.String(length=16), nullable=False),
        *_owner(table, "source_uuid", sa.UUID(), "directory_sources.uuid"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "service IN ('lookup', 'reverse', 'favorites')", name=op.f(f"ck_{table}_service")
        ),
        sa.PrimaryKeyConstraint("profile_uuid", "service", "source_uuid", name=op.f(f"pk_{table}")),
        info={"owner": "dird"},
    )
    op.create_index(f"ix_{table}_source_uuid", table, ["source_uuid"])
    table = "directory_favorites"
    op.create_table(
        table,
        *_owner(table, "user_uuid", sa.UUID(), "users.uuid"),
        sa.Column("source_uuid", sa.UUID(), nullable=False),
        sa.Column("entry_id", sa.String(length=512), nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint("user_uuid", "source_uuid", "entry_id", name=op.f(f"pk_{table}")),
        info={"owner": "dird"},
    )
    op.create_table(
        "phonebooks",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        _uuid(),
        *_entity_id("phonebooks"),
        sa.Column("tenant", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        _created_at(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phonebooks")),
        sa.UniqueConstraint("uuid", name=op.f("uq_phonebooks_uuid")),
        sa.UniqueConstraint(
            "entity_id",
            "tenant",
            "name",
            name=op.f("uq_phonebooks_entity_id_tenant_name"),
            postgresql_nulls_not_distinct=True,
        ),
        info={"owner": "dird"},
    )
    table = "phonebook_contacts"
    _contacts(table, "phonebook_id", *_owner(table, "phonebook_id", sa.Integer(), "phonebooks.id"))
    op.execute(
        "CREATE INDEX ix_phonebook_contacts_search_trgm ON phonebook_contacts"
        " USING gin (search_text gin_trgm_ops) WITH (fastupdate = off)"
    )
    op.execute(
        "CREATE INDEX ix_phonebook_contacts_numbers ON phonebook_contacts"
        " USING gin (numbers) WITH (fastupdate = off)"
    )
    op.create_index("ix_phonebook_contacts_in_order", table, ["phonebook_id", "created_at", "uuid"])
    table = "personal_contacts"
    _contacts(table, "user_uuid", *_owner(table, "user_uuid", sa.UUID(), "users.uuid"))
    op.execute(
        "CREATE INDEX ix_users_mobile_number ON users"
        " (ovix_number(mobile_phone_number::text) text_pattern_ops)"
    )
    for table in CONFIGURATION:
        op.execute(
            f"CREATE TRIGGER directories_changed AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION ovix_directories_changed()"
        )
    op.get_bind().execute(
        sa.text(DEFAULTS),
        {
            "internal": INTERNAL,
            "xivodir": XIVODIR,
            "personal": PERSONAL,
            "columns": COLUMNS,
            "services": SERVICES,
        },
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER directories_changed ON entities")
    op.execute("DROP INDEX ix_users_mobile_number")
    for table in (
        "personal_contacts",
        "phonebook_contacts",
        "phonebooks",
        "directory_favorites",
        "directory_profile_sources",
        "directory_profiles",
        "directory_displays",
        "directory_sources",
    ):
        op.drop_table(table)
    for function in (
        "ovix_directories_changed()",
        "ovix_contact_numbers(jsonb)",
        "ovix_contact_search(jsonb)",
        "ovix_number(text)",
    ):
        op.execute(f"DROP FUNCTION {function}")
