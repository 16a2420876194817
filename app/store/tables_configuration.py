"""What is configured: queues with their versions, numbers, and the numbered list of what has changed?"""

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from app.store.columns import big, document, instant, metadata, one_of, small, token, uid, version, whole, words
from contacts.records import ConfigKind

queue = Table(
    "queue",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    small("domain_id", ForeignKey("domain.id")),
    words("name"),
    whole("current_version", nullable=True),  # empty: nothing is published, nobody can wait in it
    instant("created_at", now=True),
    instant("closed_at", nullable=True),
    words("closing_message", nullable=True),  # what customers are told who come meanwhile
    instant("archived_at", nullable=True),
    version(),
    UniqueConstraint("company_id", "id"),
    UniqueConstraint("id", "company_id", "domain_id"),
    # A published version exists; checked at commit, for a queue and its first version are made together.
    ForeignKeyConstraint(
        ["id", "current_version"],
        ["queue_version.queue_id", "queue_version.version"],
        name="fk_queue_current_version",
        deferrable=True,
        initially="DEFERRED",
        use_alter=True,
    ),
)

Index("uq_queue_name", queue.c.company_id, queue.c.name, unique=True, postgresql_where=queue.c.archived_at.is_(None))

# Insert only, but for the state. The composite key lets a stay point to a version of its own company's queue alone.
queue_version = Table(
    "queue_version",
    metadata,
    uid("queue_id"),
    whole("version"),
    uid("company_id"),
    small("domain_id"),
    document("config", 64),
    uid("author_id", nullable=True),
    words("reason", 500, nullable=True),
    one_of("state", ("draft", "published", "retired"), server_default=text("'draft'")),
    instant("created_at", now=True),
    PrimaryKeyConstraint("queue_id", "version"),
    UniqueConstraint("queue_id", "version", "company_id", "domain_id"),
    CheckConstraint("version >= 1", "version_range"),
    ForeignKeyConstraint(["queue_id", "company_id", "domain_id"], ["queue.id", "queue.company_id", "queue.domain_id"]),
)

# Gapless in commit order: seq comes from the locked row of the domain.
config_change = Table(
    "config_change",
    metadata,
    small("domain_id", ForeignKey("domain.id")),
    big("seq"),
    uid("company_id", nullable=True),
    one_of("kind", ConfigKind),
    token("subject_id"),
    instant("at", now=True),
    PrimaryKeyConstraint("domain_id", "seq"),
)

# What was reached: an address belongs to one company of the installation.
number = Table(
    "number",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    token("address", 254),
    one_of("kind", ("phone", "fax", "email", "widget")),
    uid("queue_id", nullable=True),
    token("language", 35, nullable=True),
    words("greeting", 2000, nullable=True),
    instant("archived_at", nullable=True),
    version(),
    uid("flow_id", nullable=True),  # callers walk through it; without one they wait in the queue at once
    UniqueConstraint("company_id", "id"),
    ForeignKeyConstraint(["company_id", "queue_id"], ["queue.company_id", "queue.id"]),
    ForeignKeyConstraint(["company_id", "flow_id"], ["flow.company_id", "flow.id"]),
)
Index(
    "uq_number_address", number.c.kind, number.c.address, unique=True, postgresql_where=number.c.archived_at.is_(None)
)
