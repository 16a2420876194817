"""Which flows do callers walk through? Texts in immutable versions, of which one is in force."""

from alembic import op

revision = "0019"
down_revision = "0018"

STATEMENTS = (
    """
    CREATE TABLE flow (
        id UUID NOT NULL,
        company_id UUID NOT NULL,
        name TEXT NOT NULL
            CONSTRAINT ck_flow_name_size CHECK (char_length(name) <= 200),
        current_version INTEGER,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        archived_at TIMESTAMP WITH TIME ZONE,
        version INTEGER DEFAULT 1 NOT NULL,
        CONSTRAINT pk_flow PRIMARY KEY (id),
        CONSTRAINT uq_flow_company_id_id UNIQUE (company_id, id),
        CONSTRAINT fk_flow_company_id FOREIGN KEY (company_id) REFERENCES company (id)
    )
    """,
    "CREATE UNIQUE INDEX uq_flow_name ON flow (company_id, name) WHERE archived_at IS NULL",
    """
    CREATE TABLE flow_version (
        flow_id UUID NOT NULL,
        version INTEGER NOT NULL,
        company_id UUID NOT NULL,
        text TEXT NOT NULL
            CONSTRAINT ck_flow_version_text_size CHECK (octet_length("text") <= 262144),
        author_id UUID,
        reason TEXT
            CONSTRAINT ck_flow_version_reason_size CHECK (char_length(reason) <= 500),
        state TEXT DEFAULT 'draft' NOT NULL
            CONSTRAINT ck_flow_version_state_known CHECK ("state" IN ('draft', 'published', 'retired')),
        created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_flow_version PRIMARY KEY (flow_id, version),
        CONSTRAINT ck_flow_version_version_range CHECK (version >= 1),
        CONSTRAINT fk_flow_version_company_id_flow_id
            FOREIGN KEY (company_id, flow_id) REFERENCES flow (company_id, id)
    )
    """,
    """
    ALTER TABLE flow ADD CONSTRAINT fk_flow_current_version FOREIGN KEY (id, current_version)
        REFERENCES flow_version (flow_id, version) DEFERRABLE INITIALLY DEFERRED
    """,
    "GRANT SELECT, INSERT, UPDATE ON flow TO jackfield_app",
    "GRANT SELECT, INSERT, UPDATE (state) ON flow_version TO jackfield_app",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
