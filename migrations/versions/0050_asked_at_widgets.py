"""Which visitors asked the FAQ before they came to an agent, and what came of it?"""

from alembic import op

revision = "0050"
down_revision = "0047"

STATEMENTS = (
    """
    CREATE TABLE faq_ask (
        id UUID NOT NULL,
        company_id UUID NOT NULL,
        widget_id UUID NOT NULL,
        queue_id UUID NOT NULL,
        language TEXT NOT NULL
            CONSTRAINT ck_faq_ask_language_known CHECK ("language" IN ('zh-CN', 'en')),
        asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
        times SMALLINT DEFAULT 1 NOT NULL,
        found BOOLEAN NOT NULL,
        helped BOOLEAN DEFAULT false NOT NULL,
        contact_id UUID,
        CONSTRAINT pk_faq_ask PRIMARY KEY (id),
        CONSTRAINT fk_faq_ask_company_id_widget_id FOREIGN KEY (company_id, widget_id)
            REFERENCES widget (company_id, id),
        CONSTRAINT fk_faq_ask_company_id_queue_id FOREIGN KEY (company_id, queue_id)
            REFERENCES queue (company_id, id),
        CONSTRAINT fk_faq_ask_contact_id FOREIGN KEY (contact_id) REFERENCES contact (id),
        CONSTRAINT ck_faq_ask_times_range CHECK (times BETWEEN 1 AND 1000)
    )
    """,
    "CREATE INDEX ix_faq_ask_queue_id_asked_at ON faq_ask (queue_id, asked_at)",
    "GRANT SELECT, INSERT, UPDATE ON faq_ask TO jackfield_app",
    "ALTER TABLE widget ADD COLUMN answers_first BOOLEAN DEFAULT true NOT NULL",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
