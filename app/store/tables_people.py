"""Who works here, for which companies, and by which keys do they come in? Written by the API; the operator's own."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from app.store.columns import (
    between,
    big,
    document,
    instant,
    many,
    metadata,
    one_of,
    small,
    token,
    uid,
    version,
    whole,
    words,
)

ROLES = ("agent", "supervisor", "admin", "operator")
SLUG = "^[a-z0-9][a-z0-9-]{0,62}$"
SKILL_NAME = "^[a-z][a-z0-9_]{0,62}$"

company = Table(
    "company",
    metadata,
    uid("id", primary_key=True),
    Column("slug", Text, CheckConstraint(f"slug ~ '{SLUG}'", "slug_form"), nullable=False, unique=True),
    words("name"),
    token("zone", server_default=text("'UTC'")),
    token("region", 2, nullable=True),  # ISO 3166: how national phone numbers are read
    many("languages", Text, 32, default="'{}'"),
    instant("created_at", now=True),
    instant("archived_at", nullable=True),
    version(),
    document("crm_links", 16, default="'[]'"),  # [{"name", "url_template"}]
    many("crm_hosts", Text, 16, default="'{}'"),  # to which they may lead
    whole("recording_days", nullable=True),  # so long a recording is kept; empty: until somebody says otherwise
    whole("fax_days", nullable=True),  # so long a fax is kept
    document("dialling", 16, default="'{}'"),  # where it may be called, how often, at which cost
    document("recording_notice", 1, default="'{}'"),  # by direction: what the customer knows before they are recorded
    between("fax_days", 1, 3650),
)

# Queues that share agents; the unit of sharding.
domain = Table(
    "domain",
    metadata,
    small("id", primary_key=True, autoincrement=False),
    words("name"),
    big("config_seq", server_default=text("0")),
    document("policy", 4, default="'{}'"),
)

app_user = Table(
    "app_user",
    metadata,
    uid("id", primary_key=True),
    token("login", 254),
    words("name"),
    token("password_hash", 500, nullable=True),  # none: no login by password
    token("oidc_subject", 255, nullable=True, unique=True),
    token("language", 35, server_default=text("'en'")),
    token("zone", nullable=True),
    instant("created_at", now=True),
    instant("disabled_at", nullable=True),
    version(),
)
Index("uq_app_user_login", text("lower(login)"), unique=True, _table=app_user)

team = Table(
    "team",
    metadata,
    uid("id", primary_key=True),
    words("name"),
    instant("archived_at", nullable=True),
    version(),
)

# company and team empty = all of them
role_grant = Table(
    "role_grant",
    metadata,
    uid("id", primary_key=True),
    uid("user_id", ForeignKey("app_user.id")),
    one_of("role", ROLES),
    uid("company_id", ForeignKey("company.id"), nullable=True),
    uid("team_id", ForeignKey("team.id"), nullable=True),
    instant("created_at", now=True),
    UniqueConstraint("user_id", "role", "company_id", "team_id", postgresql_nulls_not_distinct=True),
    CheckConstraint("role <> 'operator' OR (company_id IS NULL AND team_id IS NULL)", "operator_of_all"),
)

agent = Table(
    "agent",
    metadata,
    uid("id", primary_key=True),
    uid("user_id", ForeignKey("app_user.id"), unique=True),
    small("domain_id", ForeignKey("domain.id")),
    uid("team_id", ForeignKey("team.id"), nullable=True),
    token("phone_address", 128, nullable=True),
    document("capacity", 2, default="'{}'"),
    instant("archived_at", nullable=True),
    version(),
    # The phone is the page itself; phone_address is then ours to say (app/softphones.py).
    Column("softphone", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("id", "domain_id"),
)
Index("ix_agent_team_id", agent.c.team_id)

skill = Table(
    "skill",
    metadata,
    uid("id", primary_key=True),
    Column("name", Text, CheckConstraint(f"name ~ '{SKILL_NAME}'", "name_form"), nullable=False, unique=True),
    words("label", nullable=True),
    instant("archived_at", nullable=True),
    version(),
)

agent_skill = Table(
    "agent_skill",
    metadata,
    uid("agent_id", ForeignKey("agent.id")),
    uid("skill_id", ForeignKey("skill.id")),
    small("level"),
    PrimaryKeyConstraint("agent_id", "skill_id"),
    between("level", 1, 10),
)
Index("ix_agent_skill_skill_id", agent_skill.c.skill_id)

# The secret is shown once; here is only its hash.
api_key = Table(
    "api_key",
    metadata,
    uid("id", primary_key=True),
    words("name"),
    token("prefix", 16),  # so that people know which one it is
    Column("hash", LargeBinary, CheckConstraint("octet_length(hash) = 32", "hash_size"), nullable=False, unique=True),
    one_of("role", ROLES),
    many("company_ids", Uuid(as_uuid=False), 1000, nullable=True),  # empty = all
    uid("user_id", ForeignKey("app_user.id"), nullable=True),  # whose it is
    uid("created_by", nullable=True),
    instant("created_at", now=True),
    instant("expires_at", nullable=True),
    instant("revoked_at", nullable=True),
    instant("used_at", nullable=True),
    version(),
)

login_session = Table(
    "login_session",
    metadata,
    Column("id", LargeBinary, CheckConstraint("octet_length(id) = 32", "id_size"), primary_key=True),  # of the cookie
    uid("user_id", ForeignKey("app_user.id")),
    token("csrf"),
    instant("created_at", now=True),
    instant("seen_at", now=True),
    instant("expires_at"),
)
Index("ix_login_session_user_id", login_session.c.user_id)
Index("ix_login_session_expires_at", login_session.c.expires_at)

telephony_provider = Table(
    "telephony_provider",
    metadata,
    uid("id", primary_key=True),
    small("domain_id", ForeignKey("domain.id")),
    uid("company_id", ForeignKey("company.id"), nullable=True),  # empty = the operator's, for all
    words("name"),
    token("command_url", 2000),
    instant("created_at", now=True),
    instant("archived_at", nullable=True),
    version(),
)

# Controlled over ARI, by the process that holds the domain.
asterisk = Table(
    "asterisk",
    metadata,
    uid("id", primary_key=True),
    small("domain_id", ForeignKey("domain.id")),
    words("name"),
    token("url", 2000),
    token("username", 128),
    token("sealed", 1000),  # the password
    token("application"),
    instant("created_at", now=True),
    instant("archived_at", nullable=True),
    version(),
    token("sip_socket", 2000, nullable=True),  # where browsers reach its WebRTC
    token("dial_out", 200, nullable=True),  # 'PJSIP/{number}@trunk': by which way it calls; empty: it calls nobody
)

# Two live ones each way, so that they can be changed without a gap; sealed by the installation's secret key.
provider_secret = Table(
    "provider_secret",
    metadata,
    uid("provider_id", ForeignKey("telephony_provider.id")),
    one_of("direction", ("in", "out")),
    small("slot"),
    token("sealed", 1000),
    instant("created_at", now=True),
    PrimaryKeyConstraint("provider_id", "direction", "slot"),
    between("slot", 1, 2),
)

# Webhooks out to the company's other systems.
endpoint = Table(
    "endpoint",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    token("url", 2000),
    many("kinds", Text, 64, default="'{}'"),  # none = all
    token("sealed", 1000),
    instant("created_at", now=True),
    instant("disabled_at", nullable=True),
    version(),
    UniqueConstraint("company_id", "id"),
)

disposition = Table(
    "disposition",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    uid("queue_id", nullable=True),  # empty = all of the company's
    token("code"),
    words("name"),
    Column("success", Boolean, nullable=False, server_default=text("false")),
    whole("position", server_default=text("0")),
    instant("archived_at", nullable=True),
    version(),
    UniqueConstraint("company_id", "id"),
    UniqueConstraint("company_id", "code"),
    ForeignKeyConstraint(["company_id", "queue_id"], ["queue.company_id", "queue.id"]),
)
