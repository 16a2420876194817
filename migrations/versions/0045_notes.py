"""What do colleagues tell each other about a contact, and who is to read it?"""

from alembic import op

revision = "0045"
down_revision = "0044"

STATEMENTS = (
    """
    CREATE TABLE note (
        id UUID NOT NULL,
        company_id UUID NOT NULL,
        contact_id UUID NOT NULL,
        author_id UUID,
        client_id TEXT NOT NULL
            CONSTRAINT ck_note_client_id_size CHECK (octet_length("client_id") <= 64),
        text TEXT NOT NULL
            CONSTRAINT ck_note_text_size CHECK (char_length(text) <= 4000),
        at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_note PRIMARY KEY (id),
        CONSTRAINT uq_note_company_id_id UNIQUE (company_id, id),
        CONSTRAINT uq_note_contact_id_client_id UNIQUE (contact_id, client_id),
        CONSTRAINT fk_note_company_id FOREIGN KEY (company_id) REFERENCES company (id),
        CONSTRAINT fk_note_contact_id FOREIGN KEY (contact_id) REFERENCES contact (id),
        CONSTRAINT fk_note_author_id FOREIGN KEY (author_id) REFERENCES app_user (id)
    )
    """,
    """
    CREATE TABLE note_mention (
        note_id UUID NOT NULL,
        agent_id UUID NOT NULL,
        company_id UUID NOT NULL,
        contact_id UUID NOT NULL,
        seen_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_note_mention PRIMARY KEY (note_id, agent_id),
        CONSTRAINT fk_note_mention_company_id_note_id FOREIGN KEY (company_id, note_id)
            REFERENCES note (company_id, id),
        CONSTRAINT fk_note_mention_agent_id FOREIGN KEY (agent_id) REFERENCES agent (id),
        CONSTRAINT fk_note_mention_contact_id FOREIGN KEY (contact_id) REFERENCES contact (id)
    )
    """,
    "CREATE INDEX ix_note_mention_agent_id_note_id ON note_mention (agent_id, note_id)",
    "CREATE INDEX ix_note_mention_unseen ON note_mention (agent_id) WHERE seen_at IS NULL",
    "CREATE INDEX ix_note_mention_contact_id_agent_id ON note_mention (contact_id, agent_id)",
    "GRANT SELECT, INSERT, UPDATE ON note, note_mention TO jackfield_app",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
