"""The number of rows of large tables, kept by triggers: counting 50,000 costs each list 4 ms.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COUNTED = {"users": True, "lines": False, "endpoints_sip": True, "voicemails": False}
MOST_FOLDED = 16


def _count(table: str, entity: str) -> None:
    """A trigger adds what a statement inserts or deletes, and folds earlier parts into its own."""
    op.execute(
        f"""
        CREATE FUNCTION {table}_count() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN
            WITH changed AS (
                SELECT {entity} AS entity_id,
                       CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END AS counted
                FROM changed_rows GROUP BY 1
            ), earlier AS (
                SELECT id FROM row_counts
                WHERE table_name = '{table}'
                  AND EXISTS (SELECT FROM changed
                              WHERE changed.entity_id IS NOT DISTINCT FROM row_counts.entity_id)
                LIMIT {MOST_FOLDED} FOR UPDATE SKIP LOCKED
            ), folded AS (
                DELETE FROM row_counts WHERE id IN (SELECT id FROM earlier)
                RETURNING entity_id, counted
            )
            INSERT INTO row_counts (table_name, entity_id, counted)
            SELECT '{table}', entity_id, sum(counted)
            FROM (SELECT * FROM changed UNION ALL SELECT * FROM folded) AS parts
            GROUP BY entity_id;
            RETURN NULL;
        END $$
        """  # noqa: S608 - built of the names above
    )
    for operation, rows in (("INSERT", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER {table}_count_{operation.lower()} AFTER {operation} ON {table}"
            f" REFERENCING {rows} TABLE AS changed_rows"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_count()"
        )
    op.execute(
        f"""
        CREATE FUNCTION {table}_count_none() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN
            DELETE FROM row_counts WHERE table_name = '{table}';
            RETURN NULL;
        END $$
        """  # noqa: S608
    )
    op.execute(
        f"CREATE TRIGGER {table}_count_truncate AFTER TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_count_none()"
    )
    op.execute(
        f"INSERT INTO row_counts (table_name, entity_id, counted)"  # noqa: S608
        f" SELECT '{table}', {entity}, count(*) FROM {table} GROUP BY 2"
    )


def _count_moves(table: str) -> None:
    """A row that goes to another entity is one less here and one more there."""
    op.execute(
        f"""
        CREATE FUNCTION {table}_count_move() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN
            INSERT INTO row_counts (table_name, entity_id, counted)
            VALUES ('{table}', OLD.entity_id, -1), ('{table}', NEW.entity_id, 1);
            RETURN NULL;
        END $$
        """  # noqa: S608
    )
    op.execute(
        f"CREATE TRIGGER {table}_count_move AFTER UPDATE OF entity_id ON {table}"
        f" FOR EACH ROW WHEN (OLD.entity_id IS DISTINCT FROM NEW.entity_id)"
        f" EXECUTE FUNCTION {table}_count_move()"
    )


def upgrade() -> None:
    op.create_table(
        "row_counts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_row_counts")),
    )
    op.create_index("ix_row_counts_table_name_entity_id", "row_counts", ["table_name", "entity_id"])
    for table, by_entity in COUNTED.items():
        _count(table, "entity_id" if by_entity else "NULL::integer")
        if by_entity:
            _count_moves(table)


def downgrade() -> None:
    for table, by_entity in COUNTED.items():
        for operation in ("insert", "delete", "truncate"):
            op.execute(f"DROP TRIGGER {table}_count_{operation} ON {table}")
        op.execute(f"DROP FUNCTION {table}_count()")
        op.execute(f"DROP FUNCTION {table}_count_none()")
        if by_entity:
            op.execute(f"DROP TRIGGER {table}_count_move ON {table}")
            op.execute(f"DROP FUNCTION {table}_count_move()")
    op.drop_table("row_counts")
