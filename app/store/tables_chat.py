"""Where do visitors of sites chat, and how does each chat stand? Its texts: contact_message. Written by the API."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from app.store.columns import between, instant, many, metadata, one_of, token, uid, version, whole, words

MESSAGES_MAX = 10_000  # of one contact

widget = Table(
    "widget",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    token("key", 40, unique=True),  # public: it stands in the site's page
    words("name"),
    uid("queue_id"),
    uid("mailbox_id", nullable=True),  # by which what was said is sent to a visitor who asks for it; none: by none
    token("language", 35),
    many("origins", Text, 20),
    many("questions", Text, 3),
    Column("callbacks", Boolean, nullable=False, server_default=text("false")),  # asked for on a page of ours
    Column("answers_first", Boolean, nullable=False, server_default=text("true")),  # from the FAQ, before an agent
    Column("tells_wait", Boolean, nullable=False, server_default=text("true")),  # how long it will probably take
    Column("tells_position", Boolean, nullable=False, server_default=text("false")),
    whole("idle_warn_s"),
    whole("idle_close_s"),
    instant("created_at", now=True),
    instant("archived_at", nullable=True),
    version(),
    UniqueConstraint("company_id", "id"),
    ForeignKeyConstraint(["company_id", "queue_id"], ["queue.company_id", "queue.id"]),
    ForeignKeyConstraint(["company_id", "mailbox_id"], ["mailbox.company_id", "mailbox.id"]),
    between("idle_warn_s", 5, 86_400),
    between("idle_close_s", 10, 172_800),
    CheckConstraint("idle_close_s > idle_warn_s", "idle_order"),
)

# Beside the contact's row, which is the turn's: who numbers a message holds up nobody else.
chat = Table(
    "chat",
    metadata,
    uid("contact_id", ForeignKey("contact.id"), primary_key=True),
    uid("company_id"),
    uid("widget_id", nullable=True),  # none: it came in over REST
    uid("visitor_id", nullable=True),
    whole("n", server_default=text("0")),  # of the last message
    whole("seen", server_default=text("0")),  # up to which the visitor has read
    one_of("last_sender", ("customer", "agent"), nullable=True),
    instant("last_at", now=True),
    Column("warned", Boolean, nullable=False, server_default=text("false")),  # since the agent's last word
    instant("alive_at", now=True),  # when the visitor's page was last heard of
    Column("is_over", Boolean, nullable=False, server_default=text("false")),  # nobody looks after it any more
    uid("transcript_mail_id", nullable=True),  # it is sent once
    token("transcript_to", 254, nullable=True),
    ForeignKeyConstraint(["company_id", "widget_id"], ["widget.company_id", "widget.id"]),
    between("n", 0, MESSAGES_MAX),
    between("seen", 0, MESSAGES_MAX),
    postgresql_with={"fillfactor": 60},
)
Index("ix_chat_live", chat.c.contact_id, postgresql_where=text("NOT is_over"))
Index(
    "ix_chat_transcript_to",
    chat.c.company_id,
    chat.c.transcript_to,
    postgresql_where=chat.c.transcript_to.is_not(None),
)
