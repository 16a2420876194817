"""What do people who watch keep? Views, alerts that were seen, links of wallboards. Written by the API."""

from sqlalchemy import CheckConstraint as Check
from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Uuid,
)

from app.store.columns import document, instant, many, metadata, token, uid, version, words

# How somebody has arranged a page for themselves.
view = Table(
    "view",
    metadata,
    uid("user_id", ForeignKey("app_user.id")),
    token("name"),
    document("value", 16),
    instant("changed_at", now=True),
    version(),
    PrimaryKeyConstraint("user_id", "name"),
)

# Alerts are made anew from the floor; that somebody has seen one is kept for two days.
alert_seen = Table(
    "alert_seen",
    metadata,
    token("alert_id", 96, primary_key=True),
    uid("by_id"),
    instant("at", now=True),
)
Index("ix_alert_seen_at", alert_seen.c.at)

# A link that only shows. The token is shown once; here is only its hash.
wallboard = Table(
    "wallboard",
    metadata,
    uid("id", primary_key=True),
    words("name"),
    many("company_ids", Uuid(as_uuid=False), 1000),
    Column("hash", LargeBinary, Check("octet_length(hash) = 32", "hash_size"), nullable=False, unique=True),
    uid("created_by"),
    instant("created_at", now=True),
    instant("revoked_at", nullable=True),
)
