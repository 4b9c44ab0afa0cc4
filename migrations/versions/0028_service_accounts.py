"""XiVO's service accounts, names of policies and groups per entity, programs of the platform's own.

The accounts come without a password: nobody can log in by one until an operator gives it a secret
(``ovix account password``), so no two installations ever share one.

Revision ID: 0028
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

# reference/auth.md, A8.
SERVICE_ACCOUNTS = (
    ("xivo-agentd-cli", ("agentd.#",)),
    (
        "xivo-agid",
        (
            "dird.directories.reverse.*.*.read",
            "agentd.#",
            "confd.devices.read",
            "confd.lines.read",
            "confd.lines.*.devices.*.update",
            "confd.devices.*.synchronize.read",
            "confd.devices.*.autoprov.read",
            "confd.users.*.services.*.*",
            "confd.users.*.forwards.#",
        ),
    ),
    ("xivo-ctid", ("dird.#", "agentd.#", "confd.users.*.services.dnd.update", "ctid-ng.#")),
    (
        "xivo-ctid-ng",
        (
            "confd.#",
            "amid.action.Redirect.create",
            "amid.action.Setvar.create",
            "amid.action.ShowDialplan.create",
            "amid.action.Command.create",
        ),
    ),
    (
        "xivo-dird-phoned",
        (
            "dird.directories.menu.*.*.read",
            "dird.directories.input.*.*.read",
            "dird.directories.lookup.*.*.read",
        ),
    ),
    ("xivo-wizard", ("dird.tenants.*.phonebooks.create",)),
)
NAMED = ("policies", "account_groups")


def upgrade() -> None:
    for table in NAMED:
        for column in ("name", "slug"):
            op.drop_constraint(op.f(f"uq_{table}_{column}"), table, type_="unique")
            op.create_index(
                f"uq_{table}_{column}",
                table,
                ["entity_id", column],
                unique=True,
                postgresql_nulls_not_distinct=True,
            )
    op.add_column(
        "accounts", sa.Column("internal", sa.Boolean(), server_default="false", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_accounts_internal"), "accounts", "NOT internal OR kind = 'service'"
    )
    accounts = sa.table(
        "accounts",
        *(sa.column(name) for name in ("kind", "name", "login", "description")),
        sa.column("acl", sa.ARRAY(sa.String())),
        sa.column("internal", sa.Boolean()),
    )
    # What an operator made by that name stays as it is.
    taken = set(
        op.get_bind().scalars(sa.text("SELECT lower(login) FROM accounts WHERE kind = 'service'"))
    )
    op.bulk_insert(
        accounts,
        [
            {
                "kind": "service",
                "name": login,
                "login": login,
                "acl": list(acl),
                "internal": True,
                "description": "Comes with Ovix, without a password",
            }
            for login, acl in SERVICE_ACCOUNTS
            if login not in taken
        ],
    )


def downgrade() -> None:
    logins = ", ".join(f"'{login}'" for login, _ in SERVICE_ACCOUNTS)
    op.execute(
        f"DELETE FROM accounts WHERE internal AND password_hash IS NULL AND login IN ({logins})"  # noqa: S608
    )
    op.drop_constraint(op.f("ck_accounts_internal"), "accounts", type_="check")
    op.drop_column("accounts", "internal")
    for table in NAMED:
        for column in ("name", "slug"):
            op.drop_index(f"uq_{table}_{column}", table)
            # Names that two entities had alike get unlike ones.
            op.execute(
                f"UPDATE {table} SET {column} = left({column}, 43) || '-' || uuid WHERE uuid NOT IN"  # noqa: S608
                f" (SELECT DISTINCT ON ({column}) uuid FROM {table} ORDER BY {column}, uuid)"
            )
            op.create_unique_constraint(op.f(f"uq_{table}_{column}"), table, [column])
