"""To whom was what was said in a chat sent by mail, and which files were sent in it?"""

from alembic import op

revision = "0052"
down_revision = "0051"

STATEMENTS = (
    "ALTER TABLE widget ADD COLUMN mailbox_id UUID",
    """
    ALTER TABLE widget ADD CONSTRAINT fk_widget_company_id_mailbox_id FOREIGN KEY (company_id, mailbox_id)
        REFERENCES mailbox (company_id, id)
    """,
    """
    ALTER TABLE chat
        ADD COLUMN transcript_mail_id UUID,
        ADD COLUMN transcript_to TEXT
            CONSTRAINT ck_chat_transcript_to_size CHECK (octet_length("transcript_to") <= 254)
    """,
    """
    CREATE INDEX ix_chat_transcript_to ON chat (company_id, transcript_to) WHERE transcript_to IS NOT NULL
    """,
    "ALTER TABLE contact_message ADD COLUMN blob_id UUID",
    """
    ALTER TABLE contact_message ADD CONSTRAINT fk_contact_message_blob_id FOREIGN KEY (blob_id) REFERENCES blob (id)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
