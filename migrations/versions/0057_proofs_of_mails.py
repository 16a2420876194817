"""Which mails prove that they come from their sender, whom does a mailbox believe, and how do ours prove it?"""

from alembic import op

revision = "0057"
down_revision = "0056"

STATEMENTS = (
    """
    ALTER TABLE mailbox
        ADD COLUMN authserv_id TEXT
            CONSTRAINT ck_mailbox_authserv_id_size CHECK (octet_length("authserv_id") <= 253),
        ADD COLUMN dkim_selector TEXT
            CONSTRAINT ck_mailbox_dkim_selector_size CHECK (octet_length("dkim_selector") <= 200),
        ADD COLUMN dkim_sealed TEXT
            CONSTRAINT ck_mailbox_dkim_sealed_size CHECK (octet_length("dkim_sealed") <= 8000),
        ADD COLUMN dkim_public TEXT
            CONSTRAINT ck_mailbox_dkim_public_size CHECK (octet_length("dkim_public") <= 2000),
        ADD CONSTRAINT ck_mailbox_dkim_whole CHECK (num_nonnulls(dkim_selector, dkim_sealed, dkim_public) IN (0, 3))
    """,
    """
    ALTER TABLE mail
        ADD COLUMN proof TEXT CONSTRAINT ck_mail_proof_known CHECK ("proof" IN ('DKIM', 'DMARC'))
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
