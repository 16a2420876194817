"""Of which part of which conversation is a recording?"""

from alembic import op

revision = "0021"
down_revision = "0020"

STATEMENTS = (
    """
    CREATE TABLE recording (
        blob_id UUID NOT NULL,
        contact_id UUID NOT NULL,
        segment_id UUID,
        kind TEXT NOT NULL
            CONSTRAINT ck_recording_kind_known CHECK ("kind" IN ('call', 'voicemail')),
        part INTEGER NOT NULL,
        began_at TIMESTAMP WITH TIME ZONE NOT NULL,
        length_ms INTEGER NOT NULL,
        CONSTRAINT pk_recording PRIMARY KEY (blob_id),
        CONSTRAINT fk_recording_blob_id FOREIGN KEY (blob_id) REFERENCES blob (id),
        CONSTRAINT fk_recording_contact_id FOREIGN KEY (contact_id) REFERENCES contact (id),
        CONSTRAINT fk_recording_segment_id FOREIGN KEY (segment_id) REFERENCES segment (id)
    )
    """,
    "CREATE INDEX ix_recording_contact_id ON recording (contact_id, part)",
    "GRANT SELECT, INSERT ON recording TO jackfield_app",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
