"""Which companies are served, by whom?"""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE company (
    id UUID NOT NULL,
    slug TEXT NOT NULL
        CONSTRAINT ck_company_slug_form CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name TEXT NOT NULL
        CONSTRAINT ck_company_name_size CHECK (char_length(name) <= 200),
    zone TEXT DEFAULT 'UTC' NOT NULL
        CONSTRAINT ck_company_zone_size CHECK (octet_length("zone") <= 64),
    region TEXT
        CONSTRAINT ck_company_region_size CHECK (octet_length("region") <= 2),
    languages TEXT[] DEFAULT '{}' NOT NULL
        CONSTRAINT ck_company_languages_size CHECK (cardinality(languages) <= 32),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    archived_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT pk_company PRIMARY KEY (id),
    CONSTRAINT uq_company_slug UNIQUE (slug)
);

CREATE TABLE domain (
    id SMALLINT NOT NULL,
    name TEXT NOT NULL
        CONSTRAINT ck_domain_name_size CHECK (char_length(name) <= 200),
    config_seq BIGINT DEFAULT 0 NOT NULL,
    policy JSONB DEFAULT '{}' NOT NULL
        CONSTRAINT ck_domain_policy_size CHECK (pg_column_size("policy") <= 16384),
    CONSTRAINT pk_domain PRIMARY KEY (id)
);

CREATE TABLE app_user (
    id UUID NOT NULL,
    login TEXT NOT NULL
        CONSTRAINT ck_app_user_login_size CHECK (octet_length("login") <= 254),
    name TEXT NOT NULL
        CONSTRAINT ck_app_user_name_size CHECK (char_length(name) <= 200),
    password_hash TEXT
        CONSTRAINT ck_app_user_password_hash_size CHECK (octet_length("password_hash") <= 500),
    oidc_subject TEXT
        CONSTRAINT ck_app_user_oidc_subject_size CHECK (octet_length("oidc_subject") <= 255),
    language TEXT DEFAULT 'en' NOT NULL
        CONSTRAINT ck_app_user_language_size CHECK (octet_length("language") <= 35),
    zone TEXT
        CONSTRAINT ck_app_user_zone_size CHECK (octet_length("zone") <= 64),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    disabled_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT pk_app_user PRIMARY KEY (id),
    CONSTRAINT uq_app_user_oidc_subject UNIQUE (oidc_subject)
);

CREATE UNIQUE INDEX uq_app_user_login ON app_user (lower(login));

CREATE TABLE team (
    id UUID NOT NULL,
    name TEXT NOT NULL
        CONSTRAINT ck_team_name_size CHECK (char_length(name) <= 200),
    archived_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT pk_team PRIMARY KEY (id)
);

CREATE TABLE role_grant (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    role TEXT NOT NULL
        CONSTRAINT ck_role_grant_role_known CHECK ("role" IN ('agent', 'supervisor', 'admin', 'operator')),
    company_id UUID,
    team_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_role_grant PRIMARY KEY (id),
    CONSTRAINT uq_role_grant_user_id_role_company_id_team_id
        UNIQUE NULLS NOT DISTINCT (user_id, role, company_id, team_id),
    CONSTRAINT ck_role_grant_operator_of_all CHECK (role <> 'operator' OR (company_id IS NULL AND team_id IS NULL)),
    CONSTRAINT fk_role_grant_user_id
        FOREIGN KEY (user_id) REFERENCES app_user (id),
    CONSTRAINT fk_role_grant_company_id
        FOREIGN KEY (company_id) REFERENCES company (id),
    CONSTRAINT fk_role_grant_team_id
        FOREIGN KEY (team_id) REFERENCES team (id)
);

CREATE TABLE agent (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    domain_id SMALLINT NOT NULL,
    team_id UUID,
    phone_address TEXT
        CONSTRAINT ck_agent_phone_address_size CHECK (octet_length("phone_address") <= 128),
    capacity JSONB DEFAULT '{}' NOT NULL
        CONSTRAINT ck_agent_capacity_size CHECK (pg_column_size("capacity") <= 8192),
    archived_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT pk_agent PRIMARY KEY (id),
    CONSTRAINT uq_agent_id_domain_id UNIQUE (id, domain_id),
    CONSTRAINT uq_agent_user_id UNIQUE (user_id),
    CONSTRAINT fk_agent_user_id
        FOREIGN KEY (user_id) REFERENCES app_user (id),
    CONSTRAINT fk_agent_domain_id
        FOREIGN KEY (domain_id) REFERENCES domain (id),
    CONSTRAINT fk_agent_team_id
        FOREIGN KEY (team_id) REFERENCES team (id)
);

CREATE INDEX ix_agent_team_id ON agent (team_id);

CREATE TABLE skill (
    id UUID NOT NULL,
    name TEXT NOT NULL
        CONSTRAINT ck_skill_name_form CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    label TEXT
        CONSTRAINT ck_skill_label_size CHECK (char_length(label) <= 200),
    archived_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT pk_skill PRIMARY KEY (id),
    CONSTRAINT uq_skill_name UNIQUE (name)
);

CREATE TABLE agent_skill (
    agent_id UUID NOT NULL,
    skill_id UUID NOT NULL,
    level SMALLINT NOT NULL,
    CONSTRAINT pk_agent_skill PRIMARY KEY (agent_id, skill_id),
    CONSTRAINT ck_agent_skill_level_range CHECK (level BETWEEN 1 AND 10),
    CONSTRAINT fk_agent_skill_agent_id
        FOREIGN KEY (agent_id) REFERENCES agent (id),
    CONSTRAINT fk_agent_skill_skill_id
        FOREIGN KEY (skill_id) REFERENCES skill (id)
);

CREATE INDEX ix_agent_skill_skill_id ON agent_skill (skill_id);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
