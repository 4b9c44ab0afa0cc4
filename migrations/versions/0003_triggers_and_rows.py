"""Triggers that wake the relay, the consumers and the token guards; rows every system starts with.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FEATURE_CODES = (
    ("phonestatus", "*10", True),
    ("paging", "_*11.", True),
    ("fwdundoall", "*20", True),
    ("fwdunc", "_*21.", True),
    ("fwdrna", "_*22.", True),
    ("fwdbusy", "_*23.", True),
    ("enablednd", "*25", True),
    ("callrecord", "*26", False),
    ("incallfilter", "*27", True),
    ("agentstaticlogtoggle", "_*30.", True),
    ("agentstaticlogin", "_*31.", True),
    ("agentstaticlogoff", "_*32.", True),
    ("calllistening", "*34", False),
    ("directoryaccess", "*36", True),
    ("bsfilter", "_*37.", True),
    ("cctoggle", "*40", True),
    ("callgroup", "_*664.", True),
    ("callqueue", "_*665.", True),
    ("calluser", "_*666.", True),
    ("callmeetme", "_*667.", True),
    ("phoneprogfunckey", "_*735.", True),
    ("pickup", "_*8.", True),
    ("recsnd", "*9", True),
    ("enablevm", "*90", True),
    ("enablevmslt", "_*90.", True),
    ("vmuserpurge", "*92", False),
    ("vmuserpurgeslt", "_*92.", False),
    ("vmboxpurgeslt", "_*93.", False),
    ("vmuserslt", "_*96.", True),
    ("vmboxslt", "_*97.", True),
    ("vmusermsg", "*98", True),
    ("vmboxmsgslt", "_*99.", True),
    ("autoprov", "*48378", True),
)
NORTH_AMERICAN = "'vm-received' q 'digits/at' IMp"
VOICEMAIL_ZONES = (
    ("eu-fr", "Europe/Paris", "'vm-received' q 'digits/at' kM"),
    ("na-newfoundland", "America/St_Johns", NORTH_AMERICAN),
    ("na-atlantic", "America/Halifax", NORTH_AMERICAN),
    ("na-eastern", "America/New_York", NORTH_AMERICAN),
    ("na-central", "America/Chicago", NORTH_AMERICAN),
    ("na-mountain", "America/Denver", NORTH_AMERICAN),
    ("na-pacific", "America/Los_Angeles", NORTH_AMERICAN),
    ("na-alaska", "America/Anchorage", NORTH_AMERICAN),
)


def upgrade() -> None:
    for table, channel in (("outbox", "ovix_outbox"), ("bus_messages", "ovix_bus")):
        op.execute(
            f"""
            CREATE FUNCTION {table}_notify() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN PERFORM pg_notify('{channel}', ''); RETURN NULL; END $$
            """
        )
        op.execute(
            f"CREATE TRIGGER {table}_notify AFTER INSERT ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_notify()"
        )
    op.execute(
        """
        CREATE FUNCTION tokens_notify_deleted() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN
            PERFORM pg_notify('ovix_token_deleted', encode(OLD.token_hash, 'hex'));
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER tokens_notify_deleted AFTER DELETE ON tokens"
        " FOR EACH ROW EXECUTE FUNCTION tokens_notify_deleted()"
    )
    op.execute("INSERT INTO installation DEFAULT VALUES")
    op.bulk_insert(
        sa.table("feature_codes", sa.column("feature"), sa.column("exten"), sa.column("enabled")),
        [
            {"feature": feature, "exten": exten, "enabled": enabled}
            for feature, exten, enabled in FEATURE_CODES
        ],
    )
    op.bulk_insert(
        sa.table(
            "voicemail_zones",
            sa.column("name"),
            sa.column("timezone"),
            sa.column("message"),
            sa.column("position"),
        ),
        [
            {"name": name, "timezone": timezone, "message": message, "position": position}
            for position, (name, timezone, message) in enumerate(VOICEMAIL_ZONES)
        ],
    )


def downgrade() -> None:
    op.execute("DELETE FROM voicemail_zones")
    op.execute("DELETE FROM feature_codes")
    op.execute("DELETE FROM installation")
    op.execute("DROP TRIGGER tokens_notify_deleted ON tokens")
    op.execute("DROP FUNCTION tokens_notify_deleted()")
    for table in ("bus_messages", "outbox"):
        op.execute(f"DROP TRIGGER {table}_notify ON {table}")
        op.execute(f"DROP FUNCTION {table}_notify()")
