"""What has happened, who may write it down, and how far has each reader come?"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from app.store.columns import big, document, instant, metadata, one_of, small, token, uid, whole
from contacts.records import ConfigKind

# One clock decides; speed 1 in production.
clock = Table(
    "clock",
    metadata,
    small("domain_id", ForeignKey("domain.id"), primary_key=True, autoincrement=False),
    big("business_start_us"),
    instant("wall_start"),
    Column("speed", Numeric(10, 3), nullable=False, server_default=text("1")),
)

# Changes only at a takeover: every turn locks it, and a beat here would pile up its old versions.
writer = Table(
    "writer",
    metadata,
    small("domain_id", ForeignKey("domain.id"), primary_key=True, autoincrement=False),
    big("epoch"),
    token("owner", 128),
)

writer_beat = Table(
    "writer_beat",
    metadata,
    small("domain_id", ForeignKey("domain.id"), primary_key=True, autoincrement=False),
    big("epoch"),
    instant("renewed_at"),
    instant("released_at", nullable=True),  # a clean stop; `renewed_at` is then -infinity
    postgresql_with={"fillfactor": 20},
)

config_applied = Table(
    "config_applied",
    metadata,
    small("domain_id", ForeignKey("domain.id")),
    one_of("kind", ConfigKind),
    token("subject_id"),
    big("seq"),
    document("values", 64, nullable=True),  # none: the subject is gone
    PrimaryKeyConstraint("domain_id", "kind", "subject_id"),
)

engine_state = Table(
    "engine_state",
    metadata,
    small("domain_id", ForeignKey("domain.id"), primary_key=True, autoincrement=False),
    document("data", 64),
    postgresql_with={"fillfactor": 20},
)

# The log, the feed's storage and the outbox. `at` is business time, `recorded_at` wall time.
event = Table(
    "event",
    metadata,
    small("domain_id"),
    big("seq"),
    instant("at"),
    instant("recorded_at"),
    big("epoch"),
    uid("company_id", nullable=True),
    uid("contact_id", nullable=True),
    uid("stay_id", nullable=True),
    uid("segment_id", nullable=True),
    uid("agent_id", nullable=True),
    token("actor", 80),
    token("kind"),
    small("v"),
    token("cause", nullable=True),
    whole("config_version", nullable=True),
    document("data", 4),
    PrimaryKeyConstraint("domain_id", "seq", "recorded_at"),
    postgresql_partition_by="RANGE (recorded_at)",
)
# A contact's id holds the time of its birth, so its events lie together; an index of ranges costs the turn nothing.
Index(
    "ix_event_contact",
    event.c.contact_id,
    postgresql_using="brin",
    postgresql_ops={"contact_id": "uuid_minmax_multi_ops"},
    postgresql_with={"pages_per_range": 16, "autosummarize": "on"},
)

Index("ix_event_replied", event.c.stay_id, postgresql_where=text("kind = 'contact.replied'"))

# Explanations: ids and numbers only, kept 90 days.
decision = Table(
    "decision",
    metadata,
    small("domain_id"),
    big("seq"),
    uid("stay_id"),
    instant("recorded_at", now=True),
    document("data", 16),
    PrimaryKeyConstraint("domain_id", "seq", "recorded_at"),
    postgresql_partition_by="RANGE (recorded_at)",
)

# Answers, kept 48 h: a repeat of the command gets the same one.
command = Table(
    "command",
    metadata,
    token("principal", 80),
    token("id"),
    small("domain_id"),
    token("kind"),
    Column(
        "body_hash", LargeBinary, CheckConstraint("octet_length(body_hash) <= 64", "body_hash_size"), nullable=False
    ),
    big("seq"),  # of the last event of its turn
    document("reply", 8),
    instant("at", now=True),
    PrimaryKeyConstraint("principal", "id"),
)
Index("ix_command_at", command.c.at, postgresql_using="brin", postgresql_with={"pages_per_range": 16})

# Mails, files, and deliveries that no writer took within a second; gone once they are done.
inbox = Table(
    "inbox",
    metadata,
    uid("id", primary_key=True),
    token("source", 80),
    token("delivery_id", 255),
    token("kind"),
    instant("received_at", now=True),
    uid("contact_id", nullable=True),
    one_of("state", ("waiting", "taken", "done", "refused"), server_default=text("'waiting'")),
    instant("taken_at", nullable=True),
    small("tries", server_default=text("0")),
    Column("body", LargeBinary, CheckConstraint("octet_length(body) <= 1048576", "body_size"), nullable=True),
    token("ref", 255, nullable=True),
    UniqueConstraint("source", "delivery_id"),
)
Index("ix_inbox_waiting", inbox.c.received_at, postgresql_where=text("state IN ('waiting', 'taken')"))

log_cursor = Table(
    "log_cursor",
    metadata,
    token("reader"),
    small("domain_id"),
    big("seq"),
    PrimaryKeyConstraint("reader", "domain_id"),
    postgresql_with={"fillfactor": 20},
)

audit = Table(
    "audit",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", nullable=True),
    instant("at", now=True),
    token("actor_id", nullable=True),
    one_of("actor_kind", ("user", "key", "provider", "system")),
    token("action"),
    token("subject_kind"),
    token("subject_id", 128, nullable=True),
    document("data", 8, default="'{}'"),
    token("request_id", nullable=True),
)
Index("ix_audit_company", audit.c.company_id, audit.c.id)
