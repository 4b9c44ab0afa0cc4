"""The extensions of PostgreSQL and the functions that tables rely on.

Revision ID: 0001
Revises:
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public")
    # unaccent() itself is only STABLE, as its dictionary might change; naming the dictionary
    # makes the result depend on the argument alone, which an index asks for.
    op.execute(
        """
        CREATE FUNCTION ovix_search(text) RETURNS text
        LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
        AS $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, $1)) $$
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION ovix_search(text)")
