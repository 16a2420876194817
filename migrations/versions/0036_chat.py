"""Where do visitors of sites chat, how does each chat stand, and which message is the repeat of another?"""

from alembic import op

revision = "0036"
down_revision = "0034"

STATEMENTS = (
    """
    CREATE TABLE widget (
        id UUID NOT NULL,
        company_id UUID NOT NULL,
        key TEXT NOT NULL
            CONSTRAINT ck_widget_key_size CHECK (octet_length("key") <= 40),
        name TEXT NOT NULL
            CONSTRAINT ck_widget_name_size CHECK (char_length(name) <= 200),
        queue_id UUID NOT NULL,
        language TEXT NOT NULL
            CONSTRAINT ck_widget_language_size CHECK (octet_length("language") <= 35),
        origins TEXT[] NOT NULL
            CONSTRAINT ck_widget_origins_size CHECK (cardinality(origins) <= 20),
        questions TEXT[] NOT NULL
            CONSTRAINT ck_widget_questions_size CHECK (cardinality(questions) <= 3),
        idle_warn_s INTEGER NOT NULL,
        idle_close_s INTEGER NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        archived_at TIMESTAMP WITH TIME ZONE,
        version INTEGER DEFAULT 1 NOT NULL,
        CONSTRAINT pk_widget PRIMARY KEY (id),
        CONSTRAINT uq_widget_company_id_id UNIQUE (company_id, id),
        CONSTRAINT uq_widget_key UNIQUE (key),
        CONSTRAINT fk_widget_company_id FOREIGN KEY (company_id) REFERENCES company (id),
        CONSTRAINT fk_widget_company_id_queue_id FOREIGN KEY (company_id, queue_id)
            REFERENCES queue (company_id, id),
        CONSTRAINT ck_widget_idle_warn_s_range CHECK (idle_warn_s BETWEEN 5 AND 86400),
        CONSTRAINT ck_widget_idle_close_s_range CHECK (idle_close_s BETWEEN 10 AND 172800),
        CONSTRAINT ck_widget_idle_order CHECK (idle_close_s > idle_warn_s)
    )
    """,
    "GRANT SELECT, INSERT, UPDATE ON widget TO jackfield_app",
    """
    CREATE TABLE chat (
        contact_id UUID NOT NULL,
        company_id UUID NOT NULL,
        widget_id UUID,
        visitor_id UUID,
        n INTEGER DEFAULT 0 NOT NULL,
        seen INTEGER DEFAULT 0 NOT NULL,
        last_sender TEXT
            CONSTRAINT ck_chat_last_sender_known CHECK ("last_sender" IN ('customer', 'agent')),
        last_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        warned BOOLEAN DEFAULT false NOT NULL,
        alive_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        is_over BOOLEAN DEFAULT false NOT NULL,
        CONSTRAINT pk_chat PRIMARY KEY (contact_id),
        CONSTRAINT fk_chat_contact_id FOREIGN KEY (contact_id) REFERENCES contact (id),
        CONSTRAINT fk_chat_company_id_widget_id FOREIGN KEY (company_id, widget_id) REFERENCES widget (company_id, id),
        CONSTRAINT ck_chat_n_range CHECK (n BETWEEN 0 AND 10000),
        CONSTRAINT ck_chat_seen_range CHECK (seen BETWEEN 0 AND 10000)
    ) WITH (fillfactor = 60)
    """,
    "CREATE INDEX ix_chat_live ON chat (contact_id) WHERE NOT is_over",
    "GRANT SELECT, INSERT, UPDATE ON chat TO jackfield_app",
    """
    ALTER TABLE contact_message ADD COLUMN client_id TEXT
        CONSTRAINT ck_contact_message_client_id_size CHECK (octet_length("client_id") <= 64)
    """,
    """
    CREATE UNIQUE INDEX uq_contact_message_client_id ON contact_message (contact_id, sender, client_id)
        WHERE client_id IS NOT NULL
    """,
    """
    CREATE INDEX ix_contact_unidentified_email ON contact (company_id, (collected ->> 'email'))
        WHERE customer_id IS NULL AND collected ? 'email'
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
