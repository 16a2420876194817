"""Who are the companies' customers?"""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE customer (
    id UUID NOT NULL,
    company_id UUID NOT NULL,
    kind TEXT DEFAULT 'person' NOT NULL
        CONSTRAINT ck_customer_kind_known CHECK ("kind" IN ('person', 'organisation')),
    name TEXT NOT NULL
        CONSTRAINT ck_customer_name_size CHECK (char_length(name) <= 200),
    language TEXT
        CONSTRAINT ck_customer_language_size CHECK (octet_length("language") <= 35),
    zone TEXT
        CONSTRAINT ck_customer_zone_size CHECK (octet_length("zone") <= 64),
    value SMALLINT DEFAULT 0 NOT NULL,
    value_terms JSONB DEFAULT '{}' NOT NULL
        CONSTRAINT ck_customer_value_terms_size CHECK (pg_column_size("value_terms") <= 16384),
    value_as_of TIMESTAMP WITH TIME ZONE,
    value_version INTEGER DEFAULT 0 NOT NULL,
    merged_into UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    erased_at TIMESTAMP WITH TIME ZONE,
    blanked_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT pk_customer PRIMARY KEY (id),
    CONSTRAINT ck_customer_value_range CHECK (value BETWEEN 0 AND 100),
    CONSTRAINT uq_customer_company_id_id UNIQUE (company_id, id),
    CONSTRAINT fk_customer_company_id_merged_into
        FOREIGN KEY (company_id, merged_into) REFERENCES customer (company_id, id),
    CONSTRAINT ck_customer_merged_into_another CHECK (merged_into <> id),
    CONSTRAINT fk_customer_company_id
        FOREIGN KEY (company_id) REFERENCES company (id)
);

CREATE INDEX ix_customer_unblanked ON customer (erased_at) WHERE erased_at IS NOT NULL AND blanked_at IS NULL;

CREATE TABLE customer_relation (
    company_id UUID NOT NULL,
    a UUID NOT NULL,
    b UUID NOT NULL,
    role TEXT NOT NULL
        CONSTRAINT ck_customer_relation_role_known CHECK ("role" IN (
            'owner', 'colleague', 'household', 'partner'
        )),
    CONSTRAINT pk_customer_relation PRIMARY KEY (company_id, a, b, role),
    CONSTRAINT fk_customer_relation_a
        FOREIGN KEY (company_id, a) REFERENCES customer (company_id, id),
    CONSTRAINT fk_customer_relation_b
        FOREIGN KEY (company_id, b) REFERENCES customer (company_id, id)
);

CREATE TABLE customer_address (
    company_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    kind TEXT NOT NULL
        CONSTRAINT ck_customer_address_kind_known CHECK ("kind" IN ('phone', 'email', 'visitor')),
    address TEXT NOT NULL
        CONSTRAINT ck_customer_address_address_size CHECK (octet_length("address") <= 254),
    level TEXT NOT NULL
        CONSTRAINT ck_customer_address_level_known CHECK ("level" IN ('claimed', 'matched', 'verified')),
    source TEXT NOT NULL
        CONSTRAINT ck_customer_address_source_size CHECK (octet_length("source") <= 64),
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_customer_address PRIMARY KEY (company_id, customer_id, kind, address),
    CONSTRAINT fk_customer_address_company_id_customer_id
        FOREIGN KEY (company_id, customer_id) REFERENCES customer (company_id, id)
);

CREATE INDEX ix_customer_address_address ON customer_address (company_id, kind, address);

CREATE TABLE customer_fact (
    company_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    key TEXT NOT NULL
        CONSTRAINT ck_customer_fact_key_size CHECK (octet_length("key") <= 64),
    value JSONB NOT NULL
        CONSTRAINT ck_customer_fact_value_size CHECK (pg_column_size("value") <= 16384),
    source TEXT NOT NULL
        CONSTRAINT ck_customer_fact_source_size CHECK (octet_length("source") <= 64),
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    confidence SMALLINT DEFAULT 100 NOT NULL,
    CONSTRAINT pk_customer_fact PRIMARY KEY (company_id, customer_id, key),
    CONSTRAINT ck_customer_fact_confidence_range CHECK (confidence BETWEEN 0 AND 100),
    CONSTRAINT fk_customer_fact_company_id_customer_id
        FOREIGN KEY (company_id, customer_id) REFERENCES customer (company_id, id)
);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
