"""Which faxes came and went, with how many pages?"""

from alembic import op

revision = "0034"
down_revision = "0031"

STATEMENTS = (
    """
    CREATE TABLE fax (
        blob_id UUID NOT NULL,
        contact_id UUID NOT NULL,
        direction TEXT NOT NULL
            CONSTRAINT ck_fax_direction_known CHECK ("direction" IN ('in', 'out')),
        pages INTEGER NOT NULL,
        complete BOOLEAN NOT NULL,
        took_s INTEGER,
        station TEXT DEFAULT '' NOT NULL
            CONSTRAINT ck_fax_station_size CHECK (char_length(station) <= 20),
        at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_fax PRIMARY KEY (blob_id),
        CONSTRAINT fk_fax_blob_id FOREIGN KEY (blob_id) REFERENCES blob (id),
        CONSTRAINT fk_fax_contact_id FOREIGN KEY (contact_id) REFERENCES contact (id)
    )
    """,
    "CREATE INDEX ix_fax_contact_id ON fax (contact_id)",
    "GRANT SELECT, INSERT, UPDATE ON fax TO jackfield_app",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
