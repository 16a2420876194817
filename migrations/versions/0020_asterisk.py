"""Which Asterisks are connected, which number leads into which flow, and how long may a prompt be?"""

from alembic import op

revision = "0020"
down_revision = "0019"

STATEMENTS = (
    """
    CREATE TABLE asterisk (
        id UUID NOT NULL,
        domain_id SMALLINT NOT NULL,
        name TEXT NOT NULL
            CONSTRAINT ck_asterisk_name_size CHECK (char_length(name) <= 200),
        url TEXT NOT NULL
            CONSTRAINT ck_asterisk_url_size CHECK (octet_length("url") <= 2000),
        username TEXT NOT NULL
            CONSTRAINT ck_asterisk_username_size CHECK (octet_length("username") <= 128),
        sealed TEXT NOT NULL
            CONSTRAINT ck_asterisk_sealed_size CHECK (octet_length("sealed") <= 1000),
        application TEXT NOT NULL
            CONSTRAINT ck_asterisk_application_size CHECK (octet_length("application") <= 64),
        created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        archived_at TIMESTAMP WITH TIME ZONE,
        version INTEGER DEFAULT 1 NOT NULL,
        CONSTRAINT pk_asterisk PRIMARY KEY (id),
        CONSTRAINT fk_asterisk_domain_id FOREIGN KEY (domain_id) REFERENCES domain (id)
    )
    """,
    "GRANT SELECT, INSERT, UPDATE ON asterisk TO jackfield_app",
    "ALTER TABLE number DROP COLUMN flow",
    "ALTER TABLE number ADD COLUMN flow_id UUID",
    """
    ALTER TABLE number ADD CONSTRAINT fk_number_company_id_flow_id
        FOREIGN KEY (company_id, flow_id) REFERENCES flow (company_id, id)
    """,
    "ALTER TABLE effect DROP CONSTRAINT ck_effect_args_size",
    'ALTER TABLE effect ADD CONSTRAINT ck_effect_args_size CHECK (pg_column_size("args") <= 131072)',
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
