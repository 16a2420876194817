"""Which flows are there, and what does each version of them say?"""

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

from app.store.columns import instant, metadata, one_of, token, uid, version, whole, words

flow = Table(
    "flow",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    words("name"),
    whole("current_version", nullable=True),  # empty: nothing is published
    instant("created_at", now=True),
    instant("archived_at", nullable=True),
    version(),
    UniqueConstraint("company_id", "id"),
    # Checked at commit, for a flow and its first version are made together.
    ForeignKeyConstraint(
        ["id", "current_version"],
        ["flow_version.flow_id", "flow_version.version"],
        name="fk_flow_current_version",
        deferrable=True,
        initially="DEFERRED",
        use_alter=True,
    ),
)
Index("uq_flow_name", flow.c.company_id, flow.c.name, unique=True, postgresql_where=flow.c.archived_at.is_(None))

# Insert only, but for the state: a call goes on in the version in which it began.
flow_version = Table(
    "flow_version",
    metadata,
    uid("flow_id"),
    whole("version"),
    uid("company_id"),
    token("text", 262_144),  # as its author wrote it
    uid("author_id", nullable=True),
    words("reason", 500, nullable=True),
    one_of("state", ("draft", "published", "retired"), server_default=text("'draft'")),
    instant("created_at", now=True),
    PrimaryKeyConstraint("flow_id", "version"),
    CheckConstraint("version >= 1", "version_range"),
    ForeignKeyConstraint(["company_id", "flow_id"], ["flow.company_id", "flow.id"]),
)

# Recordings that flows name; the sound is the blob's.
prompt = Table(
    "prompt",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    token("name", 165),
    token("language", 6),
    uid("blob_id"),
    whole("rate"),
    whole("length_ms"),
    instant("created_at", now=True),
    instant("archived_at", nullable=True),
    version(),
    UniqueConstraint("company_id", "id"),
    ForeignKeyConstraint(["company_id", "blob_id"], ["blob.company_id", "blob.id"]),
)
Index(
    "uq_prompt_name",
    prompt.c.company_id,
    prompt.c.name,
    prompt.c.language,
    unique=True,
    postgresql_where=prompt.c.archived_at.is_(None),
)

# What a flow may ask of the company's own systems, by its name; sealed by the installation's secret key.
flow_endpoint = Table(
    "flow_endpoint",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    token("name", 40),
    token("url", 2000),
    token("sealed", 1000),
    token("sealed_before", 1000, nullable=True),  # lives on until the next rotation
    instant("created_at", now=True),
    instant("archived_at", nullable=True),
    version(),
    UniqueConstraint("company_id", "id"),
)
Index(
    "uq_flow_endpoint_name",
    flow_endpoint.c.company_id,
    flow_endpoint.c.name,
    unique=True,
    postgresql_where=flow_endpoint.c.archived_at.is_(None),
)
