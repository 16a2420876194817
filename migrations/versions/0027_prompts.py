"""Which recordings may flows name, and what were callers told of their wait? What the writer is told of an agent has
grown by their language: it is told of each one again.
"""

from alembic import op

revision = "0027"
down_revision = "0026"

STATEMENTS = (
    """
    CREATE TABLE prompt (
        id UUID NOT NULL,
        company_id UUID NOT NULL,
        name TEXT NOT NULL
            CONSTRAINT ck_prompt_name_size CHECK (octet_length("name") <= 165),
        language TEXT NOT NULL
            CONSTRAINT ck_prompt_language_size CHECK (octet_length("language") <= 6),
        blob_id UUID NOT NULL,
        rate INTEGER NOT NULL,
        length_ms INTEGER NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        archived_at TIMESTAMP WITH TIME ZONE,
        version INTEGER DEFAULT 1 NOT NULL,
        CONSTRAINT pk_prompt PRIMARY KEY (id),
        CONSTRAINT uq_prompt_company_id_id UNIQUE (company_id, id),
        CONSTRAINT fk_prompt_company_id FOREIGN KEY (company_id) REFERENCES company (id),
        CONSTRAINT fk_prompt_company_id_blob_id FOREIGN KEY (company_id, blob_id) REFERENCES blob (company_id, id)
    )
    """,
    "CREATE UNIQUE INDEX uq_prompt_name ON prompt (company_id, name, language) WHERE archived_at IS NULL",
    "GRANT SELECT, INSERT, UPDATE ON prompt TO jackfield_app",
    "ALTER TABLE stay ADD COLUMN told JSONB CONSTRAINT ck_stay_told_size CHECK (pg_column_size(told) <= 4096)",
    """
    WITH told AS (
        SELECT id, domain_id, row_number() OVER (PARTITION BY domain_id ORDER BY id) AS n,
            count(*) OVER (PARTITION BY domain_id) AS many
        FROM agent WHERE archived_at IS NULL
    ), raised AS (
        UPDATE domain d SET config_seq = config_seq
            + (SELECT count(*) FROM agent a WHERE a.domain_id = d.id AND a.archived_at IS NULL)
        RETURNING d.id, d.config_seq
    )
    INSERT INTO config_change (domain_id, seq, company_id, kind, subject_id)
    SELECT told.domain_id, raised.config_seq - told.many + told.n, NULL, 'agent', told.id
    FROM told JOIN raised ON raised.id = told.domain_id
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
