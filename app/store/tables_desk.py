"""What do people who write keep at hand?"""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy import text as sql

from app.store.columns import document, instant, metadata, one_of, token, uid, version, words
from app.store.tables_faq import FAQ_LANGUAGES

# Without a queue or a language it is for all of them.
canned_answer = Table(
    "canned_answer",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    uid("queue_id", nullable=True),
    one_of("language", FAQ_LANGUAGES, nullable=True),
    words("name", 100),
    words("text", 4000),
    instant("created_at", now=True),
    version(),
    UniqueConstraint("company_id", "id"),
    ForeignKeyConstraint(["company_id", "queue_id"], ["queue.company_id", "queue.id"]),
)
Index("ix_canned_answer_company_id_name", canned_answer.c.company_id, canned_answer.c.name)

# Private to the company's people; without an author: by a program of theirs.
note = Table(
    "note",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    uid("contact_id", ForeignKey("contact.id")),
    uid("author_id", ForeignKey("app_user.id"), nullable=True),
    token("client_id"),  # made by the page: a repeat is kept once
    words("text", 4000),
    instant("at", now=True),
    UniqueConstraint("company_id", "id"),
    UniqueConstraint("contact_id", "client_id"),
)

note_mention = Table(
    "note_mention",
    metadata,
    uid("note_id"),
    uid("agent_id", ForeignKey("agent.id")),
    uid("company_id"),
    uid("contact_id", ForeignKey("contact.id")),
    instant("seen_at", nullable=True),
    PrimaryKeyConstraint("note_id", "agent_id"),
    ForeignKeyConstraint(["company_id", "note_id"], ["note.company_id", "note.id"]),
)
Index("ix_note_mention_agent_id_note_id", note_mention.c.agent_id, note_mention.c.note_id)
Index("ix_note_mention_unseen", note_mention.c.agent_id, postgresql_where=note_mention.c.seen_at.is_(None))
Index("ix_note_mention_contact_id_agent_id", note_mention.c.contact_id, note_mention.c.agent_id)

# One of each agent on each contact; it goes when the mail is sent.
mail_draft = Table(
    "mail_draft",
    metadata,
    uid("contact_id", ForeignKey("contact.id")),
    uid("agent_id", ForeignKey("agent.id")),
    uid("company_id", ForeignKey("company.id")),
    document("recipients", 16, default="'{}'"),
    words("subject", 500, server_default=sql("''")),
    words("text", 20_000, server_default=sql("''")),
    Column("quotes", Boolean, nullable=False, server_default=sql("true")),
    uid("forwards_id", nullable=True),
    instant("changed_at", now=True),
    PrimaryKeyConstraint("contact_id", "agent_id"),
)

# Uploaded for it; kept in the order of their ids.
mail_draft_file = Table(
    "mail_draft_file",
    metadata,
    uid("blob_id", primary_key=True),
    uid("company_id"),
    uid("contact_id", ForeignKey("contact.id")),
    uid("agent_id", ForeignKey("agent.id")),
    ForeignKeyConstraint(["company_id", "blob_id"], ["blob.company_id", "blob.id"]),
)
Index("ix_mail_draft_file_contact_id_agent_id", mail_draft_file.c.contact_id, mail_draft_file.c.agent_id)

# By the address alone; `contact_id`: in which somebody said so.
spam_sender = Table(
    "spam_sender",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    words("address", 254),
    uid("contact_id", ForeignKey("contact.id")),
    instant("created_at", now=True),
    UniqueConstraint("company_id", "address"),
)
