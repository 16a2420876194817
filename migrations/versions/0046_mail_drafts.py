"""What is being written to a customer, with which files, and not sent yet?"""

from alembic import op

revision = "0046"
down_revision = "0045"

STATEMENTS = (
    """
    CREATE TABLE mail_draft (
        contact_id UUID NOT NULL,
        agent_id UUID NOT NULL,
        company_id UUID NOT NULL,
        recipients JSONB DEFAULT '{}' NOT NULL
            CONSTRAINT ck_mail_draft_recipients_size CHECK (pg_column_size("recipients") <= 65536),
        subject TEXT DEFAULT '' NOT NULL
            CONSTRAINT ck_mail_draft_subject_size CHECK (char_length(subject) <= 500),
        text TEXT DEFAULT '' NOT NULL
            CONSTRAINT ck_mail_draft_text_size CHECK (char_length(text) <= 20000),
        quotes BOOLEAN DEFAULT true NOT NULL,
        forwards_id UUID,
        changed_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_mail_draft PRIMARY KEY (contact_id, agent_id),
        CONSTRAINT fk_mail_draft_contact_id FOREIGN KEY (contact_id) REFERENCES contact (id),
        CONSTRAINT fk_mail_draft_agent_id FOREIGN KEY (agent_id) REFERENCES agent (id),
        CONSTRAINT fk_mail_draft_company_id FOREIGN KEY (company_id) REFERENCES company (id)
    )
    """,
    """
    CREATE TABLE mail_draft_file (
        blob_id UUID NOT NULL,
        company_id UUID NOT NULL,
        contact_id UUID NOT NULL,
        agent_id UUID NOT NULL,
        CONSTRAINT pk_mail_draft_file PRIMARY KEY (blob_id),
        CONSTRAINT fk_mail_draft_file_company_id_blob_id FOREIGN KEY (company_id, blob_id)
            REFERENCES blob (company_id, id),
        CONSTRAINT fk_mail_draft_file_contact_id FOREIGN KEY (contact_id) REFERENCES contact (id),
        CONSTRAINT fk_mail_draft_file_agent_id FOREIGN KEY (agent_id) REFERENCES agent (id)
    )
    """,
    "CREATE INDEX ix_mail_draft_file_contact_id_agent_id ON mail_draft_file (contact_id, agent_id)",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON mail_draft, mail_draft_file TO jackfield_app",
    "GRANT DELETE ON mail_attachment TO jackfield_app",  # of a mail that is not to be sent after all
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
