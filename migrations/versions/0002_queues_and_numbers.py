"""Where do contacts wait, and which number leads there?"""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE queue (
    id UUID NOT NULL,
    company_id UUID NOT NULL,
    domain_id SMALLINT NOT NULL,
    name TEXT NOT NULL
        CONSTRAINT ck_queue_name_size CHECK (char_length(name) <= 200),
    current_version INTEGER,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    archived_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT pk_queue PRIMARY KEY (id),
    CONSTRAINT uq_queue_company_id_id UNIQUE (company_id, id),
    CONSTRAINT uq_queue_id_company_id_domain_id UNIQUE (id, company_id, domain_id),
    CONSTRAINT fk_queue_company_id
        FOREIGN KEY (company_id) REFERENCES company (id),
    CONSTRAINT fk_queue_domain_id
        FOREIGN KEY (domain_id) REFERENCES domain (id)
);

CREATE UNIQUE INDEX uq_queue_name ON queue (company_id, name) WHERE archived_at IS NULL;

CREATE TABLE queue_version (
    queue_id UUID NOT NULL,
    version INTEGER NOT NULL,
    company_id UUID NOT NULL,
    domain_id SMALLINT NOT NULL,
    config JSONB NOT NULL
        CONSTRAINT ck_queue_version_config_size CHECK (pg_column_size("config") <= 262144),
    author_id UUID,
    reason TEXT
        CONSTRAINT ck_queue_version_reason_size CHECK (char_length(reason) <= 500),
    state TEXT DEFAULT 'draft' NOT NULL
        CONSTRAINT ck_queue_version_state_known CHECK ("state" IN ('draft', 'published', 'retired')),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_queue_version PRIMARY KEY (queue_id, version),
    CONSTRAINT uq_queue_version_queue_id_version_company_id_domain_id UNIQUE (queue_id, version, company_id, domain_id),
    CONSTRAINT ck_queue_version_version_range CHECK (version >= 1),
    CONSTRAINT fk_queue_version_queue_id_company_id_domain_id
        FOREIGN KEY (queue_id, company_id, domain_id) REFERENCES queue (id, company_id, domain_id)
);

ALTER TABLE queue
    ADD CONSTRAINT fk_queue_current_version FOREIGN KEY(id, current_version)
    REFERENCES queue_version (queue_id, version) DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE config_change (
    domain_id SMALLINT NOT NULL,
    seq BIGINT NOT NULL,
    company_id UUID,
    kind TEXT NOT NULL
        CONSTRAINT ck_config_change_kind_known CHECK ("kind" IN ('domain', 'queue', 'agent')),
    subject_id TEXT NOT NULL
        CONSTRAINT ck_config_change_subject_id_size CHECK (octet_length("subject_id") <= 64),
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_config_change PRIMARY KEY (domain_id, seq),
    CONSTRAINT fk_config_change_domain_id
        FOREIGN KEY (domain_id) REFERENCES domain (id)
);

CREATE TABLE number (
    id UUID NOT NULL,
    company_id UUID NOT NULL,
    address TEXT NOT NULL
        CONSTRAINT ck_number_address_size CHECK (octet_length("address") <= 254),
    kind TEXT NOT NULL
        CONSTRAINT ck_number_kind_known CHECK ("kind" IN ('phone', 'fax', 'email', 'widget')),
    flow TEXT
        CONSTRAINT ck_number_flow_size CHECK (octet_length("flow") <= 64),
    queue_id UUID,
    language TEXT
        CONSTRAINT ck_number_language_size CHECK (octet_length("language") <= 35),
    greeting TEXT
        CONSTRAINT ck_number_greeting_size CHECK (char_length(greeting) <= 2000),
    archived_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT pk_number PRIMARY KEY (id),
    CONSTRAINT uq_number_company_id_id UNIQUE (company_id, id),
    CONSTRAINT fk_number_company_id_queue_id
        FOREIGN KEY (company_id, queue_id) REFERENCES queue (company_id, id),
    CONSTRAINT fk_number_company_id
        FOREIGN KEY (company_id) REFERENCES company (id)
);

CREATE UNIQUE INDEX uq_number_address ON number (kind, address) WHERE archived_at IS NULL;

CREATE TABLE disposition (
    id UUID NOT NULL,
    company_id UUID NOT NULL,
    queue_id UUID,
    code TEXT NOT NULL
        CONSTRAINT ck_disposition_code_size CHECK (octet_length("code") <= 64),
    name TEXT NOT NULL
        CONSTRAINT ck_disposition_name_size CHECK (char_length(name) <= 200),
    success BOOLEAN DEFAULT false NOT NULL,
    position INTEGER DEFAULT 0 NOT NULL,
    archived_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT pk_disposition PRIMARY KEY (id),
    CONSTRAINT uq_disposition_company_id_id UNIQUE (company_id, id),
    CONSTRAINT uq_disposition_company_id_code UNIQUE (company_id, code),
    CONSTRAINT fk_disposition_company_id_queue_id
        FOREIGN KEY (company_id, queue_id) REFERENCES queue (company_id, id),
    CONSTRAINT fk_disposition_company_id
        FOREIGN KEY (company_id) REFERENCES company (id)
);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
