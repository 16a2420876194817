"""What do agents say again and again?"""

from alembic import op

revision = "0044"
down_revision = "0040"

STATEMENTS = (
    """
    CREATE TABLE canned_answer (
        id UUID NOT NULL,
        company_id UUID NOT NULL,
        queue_id UUID,
        language TEXT
            CONSTRAINT ck_canned_answer_language_known CHECK ("language" IN ('zh-CN', 'en')),
        name TEXT NOT NULL
            CONSTRAINT ck_canned_answer_name_size CHECK (char_length(name) <= 100),
        text TEXT NOT NULL
            CONSTRAINT ck_canned_answer_text_size CHECK (char_length(text) <= 4000),
        created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        CONSTRAINT pk_canned_answer PRIMARY KEY (id),
        CONSTRAINT uq_canned_answer_company_id_id UNIQUE (company_id, id),
        CONSTRAINT fk_canned_answer_company_id FOREIGN KEY (company_id) REFERENCES company (id),
        CONSTRAINT fk_canned_answer_company_id_queue_id FOREIGN KEY (company_id, queue_id)
            REFERENCES queue (company_id, id)
    )
    """,
    "CREATE INDEX ix_canned_answer_company_id_name ON canned_answer (company_id, name)",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON canned_answer TO jackfield_app",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
