"""By which keys do people, programs and providers come in?

Beside schema.md: a provider has its own table, and its secrets lie sealed by the installation's
key, two live ones each way.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
CREATE TABLE api_key (
    id UUID NOT NULL,
    name TEXT NOT NULL
        CONSTRAINT ck_api_key_name_size CHECK (char_length(name) <= 200),
    prefix TEXT NOT NULL
        CONSTRAINT ck_api_key_prefix_size CHECK (octet_length("prefix") <= 16),
    hash BYTEA NOT NULL
        CONSTRAINT ck_api_key_hash_size CHECK (octet_length(hash) = 32),
    role TEXT NOT NULL
        CONSTRAINT ck_api_key_role_known CHECK ("role" IN ('agent', 'supervisor', 'admin', 'operator')),
    company_ids UUID[]
        CONSTRAINT ck_api_key_company_ids_size CHECK (cardinality(company_ids) <= 1000),
    user_id UUID,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    used_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT pk_api_key PRIMARY KEY (id),
    CONSTRAINT uq_api_key_hash UNIQUE (hash),
    CONSTRAINT fk_api_key_user_id
        FOREIGN KEY (user_id) REFERENCES app_user (id)
);

CREATE TABLE login_session (
    id BYTEA NOT NULL
        CONSTRAINT ck_login_session_id_size CHECK (octet_length(id) = 32),
    user_id UUID NOT NULL,
    csrf TEXT NOT NULL
        CONSTRAINT ck_login_session_csrf_size CHECK (octet_length("csrf") <= 64),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_login_session PRIMARY KEY (id),
    CONSTRAINT fk_login_session_user_id
        FOREIGN KEY (user_id) REFERENCES app_user (id)
);

CREATE INDEX ix_login_session_expires_at ON login_session (expires_at);

CREATE INDEX ix_login_session_user_id ON login_session (user_id);

CREATE TABLE telephony_provider (
    id UUID NOT NULL,
    domain_id SMALLINT NOT NULL,
    company_id UUID,
    name TEXT NOT NULL
        CONSTRAINT ck_telephony_provider_name_size CHECK (char_length(name) <= 200),
    command_url TEXT NOT NULL
        CONSTRAINT ck_telephony_provider_command_url_size CHECK (octet_length("command_url") <= 2000),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    archived_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT pk_telephony_provider PRIMARY KEY (id),
    CONSTRAINT fk_telephony_provider_domain_id
        FOREIGN KEY (domain_id) REFERENCES domain (id),
    CONSTRAINT fk_telephony_provider_company_id
        FOREIGN KEY (company_id) REFERENCES company (id)
);

CREATE TABLE provider_secret (
    provider_id UUID NOT NULL,
    direction TEXT NOT NULL
        CONSTRAINT ck_provider_secret_direction_known CHECK ("direction" IN ('in', 'out')),
    slot SMALLINT NOT NULL,
    sealed TEXT NOT NULL
        CONSTRAINT ck_provider_secret_sealed_size CHECK (octet_length("sealed") <= 1000),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_provider_secret PRIMARY KEY (provider_id, direction, slot),
    CONSTRAINT ck_provider_secret_slot_range CHECK (slot BETWEEN 1 AND 2),
    CONSTRAINT fk_provider_secret_provider_id
        FOREIGN KEY (provider_id) REFERENCES telephony_provider (id)
);

CREATE TABLE endpoint (
    id UUID NOT NULL,
    company_id UUID NOT NULL,
    url TEXT NOT NULL
        CONSTRAINT ck_endpoint_url_size CHECK (octet_length("url") <= 2000),
    kinds TEXT[] DEFAULT '{}' NOT NULL
        CONSTRAINT ck_endpoint_kinds_size CHECK (cardinality(kinds) <= 64),
    sealed TEXT NOT NULL
        CONSTRAINT ck_endpoint_sealed_size CHECK (octet_length("sealed") <= 1000),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    disabled_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT pk_endpoint PRIMARY KEY (id),
    CONSTRAINT uq_endpoint_company_id_id UNIQUE (company_id, id),
    CONSTRAINT fk_endpoint_company_id
        FOREIGN KEY (company_id) REFERENCES company (id)
);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
