"""A changed password, a disabled or moved holder: the tokens issued before stop working.

Triggers, because accounts and users are written by several services and commands, and a token
that outlives the password it was bought with is a hole whoever forgot to delete it.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

HOLDERS = (
    ("accounts", "account_id", "id", ("login", "password_hash", "enabled", "host", "entity_id")),
    (
        "users",
        "user_uuid",
        "uuid",
        ("username", "password_hash", "enabled", "cti_enabled", "entity_id"),
    ),
)


def upgrade() -> None:
    for table, reference, key, columns in HOLDERS:
        op.execute(
            f"""
            CREATE FUNCTION {table}_revoke_tokens() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN
                DELETE FROM tokens WHERE {reference} = OLD.{key};
                RETURN NULL;
            END $$
            """  # noqa: S608 - built of the names above
        )
        old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
        op.execute(
            f"CREATE TRIGGER {table}_revoke_tokens AFTER UPDATE OF {', '.join(columns)} ON {table}"
            f" FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))"
            f" EXECUTE FUNCTION {table}_revoke_tokens()"
        )


def downgrade() -> None:
    for table, *_rest in HOLDERS:
        op.execute(f"DROP TRIGGER {table}_revoke_tokens ON {table}")
        op.execute(f"DROP FUNCTION {table}_revoke_tokens()")
