"""What hangs on a contact, and who changed what?"""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = """
CREATE TABLE segment_result (
    segment_id UUID NOT NULL,
    disposition_id UUID,
    note TEXT DEFAULT '' NOT NULL
        CONSTRAINT ck_segment_result_note_size CHECK (char_length(note) <= 10000),
    answers JSONB DEFAULT '{}' NOT NULL
        CONSTRAINT ck_segment_result_answers_size CHECK (pg_column_size("answers") <= 65536),
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT pk_segment_result PRIMARY KEY (segment_id),
    CONSTRAINT fk_segment_result_segment_id
        FOREIGN KEY (segment_id) REFERENCES segment (id),
    CONSTRAINT fk_segment_result_disposition_id
        FOREIGN KEY (disposition_id) REFERENCES disposition (id)
);

CREATE TABLE contact_message (
    contact_id UUID NOT NULL,
    n INTEGER NOT NULL,
    sender TEXT NOT NULL
        CONSTRAINT ck_contact_message_sender_known CHECK ("sender" IN ('customer', 'agent', 'system')),
    sender_ref TEXT
        CONSTRAINT ck_contact_message_sender_ref_size CHECK (octet_length("sender_ref") <= 64),
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    body TEXT NOT NULL
        CONSTRAINT ck_contact_message_body_size CHECK (char_length(body) <= 20000),
    CONSTRAINT pk_contact_message PRIMARY KEY (contact_id, n),
    CONSTRAINT fk_contact_message_contact_id
        FOREIGN KEY (contact_id) REFERENCES contact (id)
);

CREATE TABLE blob (
    id UUID NOT NULL,
    company_id UUID NOT NULL,
    contact_id UUID,
    kind TEXT NOT NULL
        CONSTRAINT ck_blob_kind_size CHECK (octet_length("kind") <= 64),
    sha256 TEXT
        CONSTRAINT ck_blob_sha256_size CHECK (octet_length("sha256") <= 64),
    size_bytes BIGINT,
    media_type TEXT NOT NULL
        CONSTRAINT ck_blob_media_type_size CHECK (octet_length("media_type") <= 128),
    filename TEXT
        CONSTRAINT ck_blob_filename_size CHECK (char_length(filename) <= 255),
    location TEXT NOT NULL
        CONSTRAINT ck_blob_location_size CHECK (octet_length("location") <= 255),
    state TEXT NOT NULL
        CONSTRAINT ck_blob_state_known CHECK ("state" IN ('expected', 'stored', 'missing', 'erased')),
    retention TEXT NOT NULL
        CONSTRAINT ck_blob_retention_size CHECK (octet_length("retention") <= 64),
    legal_hold BOOLEAN DEFAULT false NOT NULL,
    delete_after TIMESTAMP WITH TIME ZONE,
    scanned TEXT
        CONSTRAINT ck_blob_scanned_known CHECK ("scanned" IN ('clean', 'infected', 'failed')),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_blob PRIMARY KEY (id),
    CONSTRAINT uq_blob_company_id_id UNIQUE (company_id, id),
    CONSTRAINT fk_blob_company_id
        FOREIGN KEY (company_id) REFERENCES company (id),
    CONSTRAINT fk_blob_contact_id
        FOREIGN KEY (contact_id) REFERENCES contact (id),
    CONSTRAINT uq_blob_location UNIQUE (location)
);

CREATE INDEX ix_blob_contact_id ON blob (contact_id);

CREATE INDEX ix_blob_delete_after ON blob (delete_after) WHERE state <> 'erased';

CREATE INDEX ix_blob_expected ON blob (created_at) WHERE state = 'expected';

CREATE TABLE audit (
    id UUID NOT NULL,
    company_id UUID,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    actor_id TEXT
        CONSTRAINT ck_audit_actor_id_size CHECK (octet_length("actor_id") <= 64),
    actor_kind TEXT NOT NULL
        CONSTRAINT ck_audit_actor_kind_known CHECK ("actor_kind" IN ('user', 'key', 'provider', 'system')),
    action TEXT NOT NULL
        CONSTRAINT ck_audit_action_size CHECK (octet_length("action") <= 64),
    subject_kind TEXT NOT NULL
        CONSTRAINT ck_audit_subject_kind_size CHECK (octet_length("subject_kind") <= 64),
    subject_id TEXT
        CONSTRAINT ck_audit_subject_id_size CHECK (octet_length("subject_id") <= 128),
    data JSONB DEFAULT '{}' NOT NULL
        CONSTRAINT ck_audit_data_size CHECK (pg_column_size("data") <= 32768),
    request_id TEXT
        CONSTRAINT ck_audit_request_id_size CHECK (octet_length("request_id") <= 64),
    CONSTRAINT pk_audit PRIMARY KEY (id)
);

CREATE INDEX ix_audit_company ON audit (company_id, id);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
