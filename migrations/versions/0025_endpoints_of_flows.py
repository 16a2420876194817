"""Which endpoints may flows ask, whom did they find, and by which fact is a customer found?"""

from alembic import op

revision = "0025"
down_revision = "0024"

STATEMENTS = (
    """
    CREATE TABLE flow_endpoint (
        id UUID NOT NULL,
        company_id UUID NOT NULL,
        name TEXT NOT NULL
            CONSTRAINT ck_flow_endpoint_name_size CHECK (octet_length("name") <= 40),
        url TEXT NOT NULL
            CONSTRAINT ck_flow_endpoint_url_size CHECK (octet_length("url") <= 2000),
        sealed TEXT NOT NULL
            CONSTRAINT ck_flow_endpoint_sealed_size CHECK (octet_length("sealed") <= 1000),
        sealed_before TEXT
            CONSTRAINT ck_flow_endpoint_sealed_before_size CHECK (octet_length("sealed_before") <= 1000),
        created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        archived_at TIMESTAMP WITH TIME ZONE,
        version INTEGER DEFAULT 1 NOT NULL,
        CONSTRAINT pk_flow_endpoint PRIMARY KEY (id),
        CONSTRAINT uq_flow_endpoint_company_id_id UNIQUE (company_id, id),
        CONSTRAINT fk_flow_endpoint_company_id FOREIGN KEY (company_id) REFERENCES company (id)
    )
    """,
    "CREATE UNIQUE INDEX uq_flow_endpoint_name ON flow_endpoint (company_id, name) WHERE archived_at IS NULL",
    "GRANT SELECT, INSERT, UPDATE ON flow_endpoint TO jackfield_app",
    """
    CREATE TABLE customer_found (
        company_id UUID NOT NULL,
        customer_id UUID NOT NULL,
        contact_id UUID NOT NULL,
        CONSTRAINT pk_customer_found PRIMARY KEY (company_id, customer_id, contact_id),
        CONSTRAINT fk_customer_found_company_id_customer_id FOREIGN KEY (company_id, customer_id)
            REFERENCES customer (company_id, id),
        CONSTRAINT fk_customer_found_contact_id FOREIGN KEY (contact_id) REFERENCES contact (id)
    )
    """,
    "GRANT SELECT, INSERT ON customer_found TO jackfield_app",
    """
    CREATE INDEX ix_customer_fact_value ON customer_fact (company_id, key, (left(value #>> '{}', 200)))
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
