"""Whose mails are kept and wait in no queue?"""

from alembic import op

revision = "0047"
down_revision = "0046"

STATEMENTS = (
    """
    CREATE TABLE spam_sender (
        id UUID NOT NULL,
        company_id UUID NOT NULL,
        address TEXT NOT NULL
            CONSTRAINT ck_spam_sender_address_size CHECK (char_length(address) <= 254),
        contact_id UUID NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_spam_sender PRIMARY KEY (id),
        CONSTRAINT uq_spam_sender_company_id_address UNIQUE (company_id, address),
        CONSTRAINT fk_spam_sender_company_id FOREIGN KEY (company_id) REFERENCES company (id),
        CONSTRAINT fk_spam_sender_contact_id FOREIGN KEY (contact_id) REFERENCES contact (id)
    )
    """,
    "GRANT SELECT, INSERT, UPDATE, DELETE ON spam_sender TO jackfield_app",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
