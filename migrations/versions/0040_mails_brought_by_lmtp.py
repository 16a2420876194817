"""How do mails of a mailbox come: are they fetched by IMAP, or brought by LMTP?"""

from alembic import op

revision = "0040"
down_revision = "0061"

STATEMENTS = (
    """
    ALTER TABLE mailbox
        ADD COLUMN incoming TEXT DEFAULT 'imap' NOT NULL
            CONSTRAINT ck_mailbox_incoming_known CHECK ("incoming" IN ('imap', 'lmtp')),
        ALTER COLUMN imap_host DROP NOT NULL,
        ADD CONSTRAINT ck_mailbox_imap_told CHECK (incoming = 'lmtp' OR imap_host IS NOT NULL)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
