"""How are contact, stay, segment and leg kept?

Beside schema.md: a stay carries its company (its keys hold contact and queue version to one company), an effect its
`provider`; a contact has no last_seq, for a feed's version is the number of the event.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE contact (
    id UUID NOT NULL,
    company_id UUID NOT NULL,
    domain_id SMALLINT NOT NULL,
    channel TEXT NOT NULL
        CONSTRAINT ck_contact_channel_known CHECK ("channel" IN (
            'phone', 'chat', 'email', 'fax', 'task', 'message'
        )),
    direction TEXT NOT NULL
        CONSTRAINT ck_contact_direction_known CHECK ("direction" IN ('in', 'out')),
    state TEXT NOT NULL
        CONSTRAINT ck_contact_state_known CHECK ("state" IN ('open', 'closed')),
    customer_id UUID,
    source TEXT NOT NULL
        CONSTRAINT ck_contact_source_size CHECK (octet_length("source") <= 80),
    source_id TEXT NOT NULL
        CONSTRAINT ck_contact_source_id_size CHECK (octet_length("source_id") <= 128),
    number TEXT
        CONSTRAINT ck_contact_number_size CHECK (octet_length("number") <= 254),
    case_id UUID,
    arrived_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    outcome TEXT
        CONSTRAINT ck_contact_outcome_known CHECK ("outcome" IN (
            'handled', 'abandoned', 'cleared', 'closed_hours', 'voicemail', 'called_back', 'message',
            'failed'
        )),
    collected JSONB DEFAULT '{}' NOT NULL
        CONSTRAINT ck_contact_collected_size CHECK (pg_column_size("collected") <= 65536),
    ivr JSONB DEFAULT '{}' NOT NULL
        CONSTRAINT ck_contact_ivr_size CHECK (pg_column_size("ivr") <= 65536),
    CONSTRAINT pk_contact PRIMARY KEY (id),
    CONSTRAINT uq_contact_company_id_source_source_id UNIQUE (company_id, source, source_id),
    CONSTRAINT uq_contact_company_id_id_domain_id UNIQUE (company_id, id, domain_id),
    CONSTRAINT fk_contact_company_id_customer_id
        FOREIGN KEY (company_id, customer_id) REFERENCES customer (company_id, id),
    CONSTRAINT ck_contact_closed_has_time CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT ck_contact_closed_has_outcome CHECK ((state = 'closed') = (outcome IS NOT NULL)),
    CONSTRAINT fk_contact_company_id
        FOREIGN KEY (company_id) REFERENCES company (id)
) WITH (fillfactor = 85);

CREATE INDEX ix_contact_customer
    ON contact (company_id, customer_id, arrived_at DESC)
    WHERE customer_id IS NOT NULL;

CREATE INDEX ix_contact_unidentified
    ON contact (company_id, (collected ->> 'from'))
    WHERE customer_id IS NULL AND collected ? 'from';

CREATE INDEX ix_contact_arrived_at ON contact USING brin (arrived_at) WITH (pages_per_range = 16);

CREATE INDEX ix_contact_open ON contact (domain_id) WHERE state = 'open';

CREATE TABLE contact_link (
    from_id UUID NOT NULL,
    to_id UUID NOT NULL,
    kind TEXT NOT NULL
        CONSTRAINT ck_contact_link_kind_known CHECK ("kind" IN (
            'reply_to', 'callback_of', 'transfer_of', 'follow_up_of', 'attempt_of'
        )),
    CONSTRAINT pk_contact_link PRIMARY KEY (from_id, to_id, kind),
    CONSTRAINT fk_contact_link_from_id
        FOREIGN KEY (from_id) REFERENCES contact (id),
    CONSTRAINT fk_contact_link_to_id
        FOREIGN KEY (to_id) REFERENCES contact (id)
);

CREATE INDEX ix_contact_link_to_id ON contact_link (to_id);

CREATE TABLE stay (
    id UUID NOT NULL,
    contact_id UUID NOT NULL,
    company_id UUID NOT NULL,
    domain_id SMALLINT NOT NULL,
    queue_id UUID NOT NULL,
    queue_version INTEGER NOT NULL,
    requirement TEXT NOT NULL
        CONSTRAINT ck_stay_requirement_size CHECK (char_length(requirement) <= 1000),
    wishes JSONB DEFAULT '{}' NOT NULL
        CONSTRAINT ck_stay_wishes_size CHECK (pg_column_size("wishes") <= 4096),
    place_us BIGINT NOT NULL,
    queued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    promise_at TIMESTAMP WITH TIME ZONE NOT NULL,
    limit_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    "end" TEXT
        CONSTRAINT ck_stay_end_known CHECK ("end" IN (
            'answered', 'abandoned', 'overflowed', 'called_back', 'voicemail', 'cleared'
        )),
    routing JSONB DEFAULT '{}' NOT NULL
        CONSTRAINT ck_stay_routing_size CHECK (pg_column_size("routing") <= 16384),
    CONSTRAINT pk_stay PRIMARY KEY (id),
    CONSTRAINT uq_stay_contact_id_id_domain_id UNIQUE (contact_id, id, domain_id),
    CONSTRAINT fk_stay_company_id_contact_id_domain_id
        FOREIGN KEY (company_id, contact_id, domain_id) REFERENCES contact (company_id, id, domain_id),
    CONSTRAINT fk_stay_queue_id_queue_version_company_id_domain_id
        FOREIGN KEY (queue_id, queue_version, company_id, domain_id)
        REFERENCES queue_version (queue_id, version, company_id, domain_id),
    CONSTRAINT ck_stay_ended_has_end CHECK ((ended_at IS NULL) = ("end" IS NULL))
) WITH (fillfactor = 75);

CREATE INDEX ix_stay_figures ON stay (queue_id, queued_at);

CREATE UNIQUE INDEX uq_stay_waiting ON stay (contact_id) WHERE ended_at IS NULL;

CREATE TABLE segment (
    id UUID NOT NULL,
    contact_id UUID NOT NULL,
    stay_id UUID NOT NULL,
    domain_id SMALLINT NOT NULL,
    agent_id UUID NOT NULL,
    role TEXT NOT NULL
        CONSTRAINT ck_segment_role_known CHECK ("role" IN ('primary', 'consult', 'conference', 'monitor')),
    state TEXT NOT NULL
        CONSTRAINT ck_segment_state_known CHECK ("state" IN (
            'offered', 'preview', 'connecting', 'talking', 'held', 'parked', 'wrap_up', 'done',
            'declined', 'expired', 'withdrawn', 'failed'
        )),
    offered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    exclusive BOOLEAN NOT NULL,
    manual BOOLEAN DEFAULT false NOT NULL,
    connected_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    wrap_up_until TIMESTAMP WITH TIME ZONE,
    "end" TEXT
        CONSTRAINT ck_segment_end_size CHECK (octet_length("end") <= 64),
    CONSTRAINT pk_segment PRIMARY KEY (id),
    CONSTRAINT fk_segment_contact_id_stay_id_domain_id
        FOREIGN KEY (contact_id, stay_id, domain_id) REFERENCES stay (contact_id, id, domain_id),
    CONSTRAINT fk_segment_agent_id_domain_id
        FOREIGN KEY (agent_id, domain_id) REFERENCES agent (id, domain_id)
) WITH (fillfactor = 60);

CREATE INDEX ix_segment_contact_id ON segment (contact_id);

CREATE INDEX ix_segment_live
    ON segment (agent_id)
    WHERE state NOT IN ('done', 'declined', 'expired', 'withdrawn', 'failed');

CREATE UNIQUE INDEX uq_segment_accepted
    ON segment (stay_id)
    WHERE role = 'primary' AND state IN ('connecting', 'talking', 'held');

CREATE UNIQUE INDEX uq_segment_exclusive ON segment (stay_id) WHERE state = 'offered' AND exclusive;

CREATE UNIQUE INDEX uq_segment_offered ON segment (stay_id, agent_id) WHERE state = 'offered';

CREATE TABLE leg (
    id UUID NOT NULL,
    domain_id SMALLINT NOT NULL,
    contact_id UUID NOT NULL,
    provider TEXT NOT NULL
        CONSTRAINT ck_leg_provider_size CHECK (octet_length("provider") <= 64),
    provider_ref TEXT NOT NULL
        CONSTRAINT ck_leg_provider_ref_size CHECK (octet_length("provider_ref") <= 128),
    role TEXT NOT NULL
        CONSTRAINT ck_leg_role_known CHECK ("role" IN ('customer', 'agent', 'consult', 'monitor')),
    agent_id UUID,
    state TEXT NOT NULL
        CONSTRAINT ck_leg_state_known CHECK ("state" IN (
            'initiated', 'delivered', 'established', 'held', 'cleared'
        )),
    last_rank BIGINT DEFAULT 0 NOT NULL,
    checked_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_leg PRIMARY KEY (id),
    CONSTRAINT uq_leg_provider_provider_ref UNIQUE (provider, provider_ref),
    CONSTRAINT fk_leg_contact_id
        FOREIGN KEY (contact_id) REFERENCES contact (id)
) WITH (fillfactor = 75);

CREATE INDEX ix_leg_cleared ON leg (domain_id, ended_at) WHERE state = 'cleared';

CREATE INDEX ix_leg_contact_id ON leg (contact_id);

CREATE INDEX ix_leg_live ON leg (domain_id) WHERE state <> 'cleared';

CREATE TABLE effect (
    id UUID NOT NULL,
    domain_id SMALLINT NOT NULL,
    contact_id UUID NOT NULL,
    leg_id UUID,
    kind TEXT NOT NULL
        CONSTRAINT ck_effect_kind_size CHECK (octet_length("kind") <= 64),
    once BOOLEAN NOT NULL,
    provider TEXT NOT NULL
        CONSTRAINT ck_effect_provider_size CHECK (octet_length("provider") <= 64),
    args JSONB DEFAULT '{}' NOT NULL
        CONSTRAINT ck_effect_args_size CHECK (pg_column_size("args") <= 32768),
    state TEXT NOT NULL
        CONSTRAINT ck_effect_state_known CHECK ("state" IN ('due', 'sent', 'done', 'failed', 'unknown')),
    seq BIGINT NOT NULL,
    not_after TIMESTAMP WITH TIME ZONE,
    tries SMALLINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_effect PRIMARY KEY (id),
    CONSTRAINT fk_effect_contact_id
        FOREIGN KEY (contact_id) REFERENCES contact (id)
) WITH (fillfactor = 75);

CREATE INDEX ix_effect_contact_id ON effect (contact_id);

CREATE INDEX ix_effect_open ON effect (domain_id, seq) WHERE state IN ('due', 'sent');

CREATE TABLE agent_state (
    agent_id UUID NOT NULL,
    domain_id SMALLINT NOT NULL,
    chosen TEXT NOT NULL
        CONSTRAINT ck_agent_state_chosen_known CHECK ("chosen" IN ('ready', 'away', 'offline')),
    reason TEXT
        CONSTRAINT ck_agent_state_reason_size CHECK (octet_length("reason") <= 64),
    next_chosen TEXT
        CONSTRAINT ck_agent_state_next_chosen_size CHECK (octet_length("next_chosen") <= 80),
    not_responding BOOLEAN NOT NULL,
    set_by TEXT
        CONSTRAINT ck_agent_state_set_by_size CHECK (octet_length("set_by") <= 64),
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    last_ended_at TIMESTAMP WITH TIME ZONE,
    desk_reachable BOOLEAN NOT NULL,
    desk_silent_since TIMESTAMP WITH TIME ZONE,
    phone_reachable BOOLEAN NOT NULL,
    CONSTRAINT pk_agent_state PRIMARY KEY (agent_id),
    CONSTRAINT fk_agent_state_agent_id_domain_id
        FOREIGN KEY (agent_id, domain_id) REFERENCES agent (id, domain_id)
) WITH (fillfactor = 50);

CREATE TABLE agent_session (
    id UUID NOT NULL,
    agent_id UUID NOT NULL,
    process_id TEXT NOT NULL
        CONSTRAINT ck_agent_session_process_id_size CHECK (octet_length("process_id") <= 64),
    tab TEXT NOT NULL
        CONSTRAINT ck_agent_session_tab_size CHECK (octet_length("tab") <= 64),
    audio BOOLEAN DEFAULT false NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_agent_session PRIMARY KEY (id),
    CONSTRAINT fk_agent_session_agent_id
        FOREIGN KEY (agent_id) REFERENCES agent (id)
);

CREATE UNIQUE INDEX uq_agent_session_audio ON agent_session (agent_id) WHERE audio;
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
