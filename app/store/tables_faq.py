"""What does a company answer to what it is often asked, and by which terms is it found?"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import REAL

from app.store.columns import (
    between,
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

FAQ_LANGUAGES = ("zh-CN", "en")
FAQ_STATES = ("draft", "published", "archived")
ASKED_TIMES_MAX = 1_000  # by one visitor before they come to an agent

faq_entry = Table(
    "faq_entry",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    token("key", nullable=True),  # by which flows and imports name it; the same one in every language
    one_of("language", FAQ_LANGUAGES),
    words("question", 300),
    words("answer", 4000),
    many("variants", Text, 20, default="'{}'"),
    many("tags", Text, 10, default="'{}'"),
    one_of("state", FAQ_STATES, server_default=text("'draft'")),
    instant("valid_from", nullable=True),
    instant("valid_until", nullable=True),
    instant("created_at", now=True),
    version(),
    CheckConstraint("valid_until > valid_from", "valid_order"),
    UniqueConstraint("company_id", "id"),
    UniqueConstraint("company_id", "language", "key"),
)

# Of published entries alone; made anew when one changes. Terms: analytics/terms.py.
faq_term = Table(
    "faq_term",
    metadata,
    uid("entry_id"),
    token("term", 160),
    uid("company_id"),
    one_of("language", FAQ_LANGUAGES),
    Column("weight", REAL, nullable=False),
    PrimaryKeyConstraint("entry_id", "term"),
    ForeignKeyConstraint(["company_id", "entry_id"], ["faq_entry.company_id", "faq_entry.id"], ondelete="CASCADE"),
)
Index(
    "ix_faq_term_company_id_language_term",
    faq_term.c.company_id,
    faq_term.c.language,
    faq_term.c.term,
    postgresql_include=["entry_id", "weight"],
)

faq_synonyms = Table(
    "faq_synonyms",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    one_of("language", FAQ_LANGUAGES),
    document("groups", 32),
    version(),
    UniqueConstraint("company_id", "language"),
)

# Numbers and addresses are masked before they come here; what names an erased customer goes with them.
faq_unanswered = Table(
    "faq_unanswered",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    one_of("language", FAQ_LANGUAGES),
    words("text", 200),
    whole("times", server_default=text("1")),
    instant("last_at", now=True),
    UniqueConstraint("company_id", "language", "text"),
)

# One voice for each person or program.
faq_feedback = Table(
    "faq_feedback",
    metadata,
    uid("entry_id"),
    token("principal"),
    uid("company_id"),
    Column("helpful", Boolean, nullable=False),
    instant("at", now=True),
    PrimaryKeyConstraint("entry_id", "principal"),
    ForeignKeyConstraint(["company_id", "entry_id"], ["faq_entry.company_id", "faq_entry.id"], ondelete="CASCADE"),
)

# One visitor of a site who asked before they came to an agent, however often. What they asked is not in it.
faq_ask = Table(
    "faq_ask",
    metadata,
    uid("id", primary_key=True),
    uid("company_id"),
    uid("widget_id"),
    uid("queue_id"),
    one_of("language", FAQ_LANGUAGES),
    instant("asked_at"),  # first; of the business clock, as everything that figures count
    small("times", server_default=text("1")),
    Column("found", Boolean, nullable=False),  # an answer to any of it
    Column("helped", Boolean, nullable=False, server_default=text("false")),
    uid("contact_id", ForeignKey("contact.id"), nullable=True),  # by which they came to an agent after all
    ForeignKeyConstraint(["company_id", "widget_id"], ["widget.company_id", "widget.id"]),
    ForeignKeyConstraint(["company_id", "queue_id"], ["queue.company_id", "queue.id"]),
    between("times", 1, ASKED_TIMES_MAX),
)
Index("ix_faq_ask_queue_id_asked_at", faq_ask.c.queue_id, faq_ask.c.asked_at)
