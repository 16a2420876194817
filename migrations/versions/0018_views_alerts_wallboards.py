"""What do people who watch keep? Their views, the alerts they have seen, the links of wallboards."""

from alembic import op

revision = "0018"
down_revision = "0017"

STATEMENTS = (
    """
    CREATE TABLE view (
        user_id UUID NOT NULL,
        name TEXT NOT NULL
            CONSTRAINT ck_view_name_size CHECK (octet_length("name") <= 64),
        value JSONB NOT NULL
            CONSTRAINT ck_view_value_size CHECK (pg_column_size("value") <= 65536),
        changed_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        CONSTRAINT pk_view PRIMARY KEY (user_id, name),
        CONSTRAINT fk_view_user_id FOREIGN KEY (user_id) REFERENCES app_user (id)
    )
    """,
    """
    CREATE TABLE alert_seen (
        alert_id TEXT NOT NULL
            CONSTRAINT ck_alert_seen_alert_id_size CHECK (octet_length("alert_id") <= 96),
        by_id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_alert_seen PRIMARY KEY (alert_id)
    )
    """,
    "CREATE INDEX ix_alert_seen_at ON alert_seen (at)",
    """
    CREATE TABLE wallboard (
        id UUID NOT NULL,
        name TEXT NOT NULL
            CONSTRAINT ck_wallboard_name_size CHECK (char_length(name) <= 200),
        company_ids UUID[] NOT NULL
            CONSTRAINT ck_wallboard_company_ids_size CHECK (cardinality(company_ids) <= 1000),
        hash BYTEA NOT NULL
            CONSTRAINT ck_wallboard_hash_size CHECK (octet_length(hash) = 32),
        created_by UUID NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        revoked_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_wallboard PRIMARY KEY (id),
        CONSTRAINT uq_wallboard_hash UNIQUE (hash)
    )
    """,
    "GRANT SELECT, INSERT, UPDATE, DELETE ON view, alert_seen, wallboard TO jackfield_app",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
