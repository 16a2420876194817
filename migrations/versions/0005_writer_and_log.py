"""Who may write, and what has happened?

Beside schema.md: config_applied holds the latest value of each subject (else it grows for ever); writer_beat tells a
clean stop from a death; an inbox row carries its body.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = """
CREATE TABLE clock (
    domain_id SMALLINT NOT NULL,
    business_start_us BIGINT NOT NULL,
    wall_start TIMESTAMP WITH TIME ZONE NOT NULL,
    speed NUMERIC(10, 3) DEFAULT 1 NOT NULL,
    CONSTRAINT pk_clock PRIMARY KEY (domain_id),
    CONSTRAINT fk_clock_domain_id
        FOREIGN KEY (domain_id) REFERENCES domain (id)
);

CREATE TABLE writer (
    domain_id SMALLINT NOT NULL,
    epoch BIGINT NOT NULL,
    owner TEXT NOT NULL
        CONSTRAINT ck_writer_owner_size CHECK (octet_length("owner") <= 128),
    CONSTRAINT pk_writer PRIMARY KEY (domain_id),
    CONSTRAINT fk_writer_domain_id
        FOREIGN KEY (domain_id) REFERENCES domain (id)
);

CREATE TABLE writer_beat (
    domain_id SMALLINT NOT NULL,
    epoch BIGINT NOT NULL,
    renewed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_writer_beat PRIMARY KEY (domain_id),
    CONSTRAINT fk_writer_beat_domain_id
        FOREIGN KEY (domain_id) REFERENCES domain (id)
) WITH (fillfactor = 20);

CREATE TABLE config_applied (
    domain_id SMALLINT NOT NULL,
    kind TEXT NOT NULL
        CONSTRAINT ck_config_applied_kind_known CHECK ("kind" IN ('domain', 'queue', 'agent')),
    subject_id TEXT NOT NULL
        CONSTRAINT ck_config_applied_subject_id_size CHECK (octet_length("subject_id") <= 64),
    seq BIGINT NOT NULL,
    values JSONB
        CONSTRAINT ck_config_applied_values_size CHECK (pg_column_size("values") <= 262144),
    CONSTRAINT pk_config_applied PRIMARY KEY (domain_id, kind, subject_id),
    CONSTRAINT fk_config_applied_domain_id
        FOREIGN KEY (domain_id) REFERENCES domain (id)
);

CREATE TABLE engine_state (
    domain_id SMALLINT NOT NULL,
    data JSONB NOT NULL
        CONSTRAINT ck_engine_state_data_size CHECK (pg_column_size("data") <= 262144),
    CONSTRAINT pk_engine_state PRIMARY KEY (domain_id),
    CONSTRAINT fk_engine_state_domain_id
        FOREIGN KEY (domain_id) REFERENCES domain (id)
) WITH (fillfactor = 20);

CREATE TABLE event (
    domain_id SMALLINT NOT NULL,
    seq BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    epoch BIGINT NOT NULL,
    company_id UUID,
    contact_id UUID,
    stay_id UUID,
    segment_id UUID,
    agent_id UUID,
    actor TEXT NOT NULL
        CONSTRAINT ck_event_actor_size CHECK (octet_length("actor") <= 80),
    kind TEXT NOT NULL
        CONSTRAINT ck_event_kind_size CHECK (octet_length("kind") <= 64),
    v SMALLINT NOT NULL,
    cause TEXT
        CONSTRAINT ck_event_cause_size CHECK (octet_length("cause") <= 64),
    config_version INTEGER,
    data JSONB NOT NULL
        CONSTRAINT ck_event_data_size CHECK (pg_column_size("data") <= 16384),
    CONSTRAINT pk_event PRIMARY KEY (domain_id, seq, recorded_at)
) PARTITION BY RANGE (recorded_at);

CREATE INDEX ix_event_contact
    ON event USING brin (contact_id uuid_minmax_multi_ops) WITH (pages_per_range = 16, autosummarize = on);

CREATE TABLE decision (
    domain_id SMALLINT NOT NULL,
    seq BIGINT NOT NULL,
    stay_id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    data JSONB NOT NULL
        CONSTRAINT ck_decision_data_size CHECK (pg_column_size("data") <= 65536),
    CONSTRAINT pk_decision PRIMARY KEY (domain_id, seq, recorded_at)
) PARTITION BY RANGE (recorded_at);

CREATE TABLE command (
    principal TEXT NOT NULL
        CONSTRAINT ck_command_principal_size CHECK (octet_length("principal") <= 80),
    id TEXT NOT NULL
        CONSTRAINT ck_command_id_size CHECK (octet_length("id") <= 64),
    domain_id SMALLINT NOT NULL,
    kind TEXT NOT NULL
        CONSTRAINT ck_command_kind_size CHECK (octet_length("kind") <= 64),
    body_hash BYTEA NOT NULL
        CONSTRAINT ck_command_body_hash_size CHECK (octet_length(body_hash) <= 64),
    seq BIGINT NOT NULL,
    reply JSONB NOT NULL
        CONSTRAINT ck_command_reply_size CHECK (pg_column_size("reply") <= 32768),
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_command PRIMARY KEY (principal, id)
);

CREATE INDEX ix_command_at ON command USING brin (at) WITH (pages_per_range = 16);

CREATE TABLE inbox (
    id UUID NOT NULL,
    source TEXT NOT NULL
        CONSTRAINT ck_inbox_source_size CHECK (octet_length("source") <= 80),
    delivery_id TEXT NOT NULL
        CONSTRAINT ck_inbox_delivery_id_size CHECK (octet_length("delivery_id") <= 255),
    kind TEXT NOT NULL
        CONSTRAINT ck_inbox_kind_size CHECK (octet_length("kind") <= 64),
    received_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    contact_id UUID,
    state TEXT DEFAULT 'waiting' NOT NULL
        CONSTRAINT ck_inbox_state_known CHECK ("state" IN ('waiting', 'taken', 'done', 'refused')),
    taken_at TIMESTAMP WITH TIME ZONE,
    tries SMALLINT DEFAULT 0 NOT NULL,
    body BYTEA
        CONSTRAINT ck_inbox_body_size CHECK (octet_length(body) <= 1048576),
    ref TEXT
        CONSTRAINT ck_inbox_ref_size CHECK (octet_length("ref") <= 255),
    CONSTRAINT pk_inbox PRIMARY KEY (id),
    CONSTRAINT uq_inbox_source_delivery_id UNIQUE (source, delivery_id)
);

CREATE INDEX ix_inbox_waiting ON inbox (received_at) WHERE state IN ('waiting', 'taken');

CREATE TABLE log_cursor (
    reader TEXT NOT NULL
        CONSTRAINT ck_log_cursor_reader_size CHECK (octet_length("reader") <= 64),
    domain_id SMALLINT NOT NULL,
    seq BIGINT NOT NULL,
    CONSTRAINT pk_log_cursor PRIMARY KEY (reader, domain_id)
) WITH (fillfactor = 20);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
