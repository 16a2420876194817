"""How are the four records kept, and what hangs on them? Those without another word: by the turn alone.

Indexes name columns that change only where a uniqueness or the rebuild needs them: other changes stay on their page.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from app.store.columns import (
    between,
    big,
    document,
    instant,
    metadata,
    one_of,
    small,
    token,
    uid,
    version,
    whole,
    words,
)
from contacts.contact import ContactState, LinkKind, Outcome
from contacts.effect import EffectState
from contacts.leg import LegRole, LegState
from contacts.presence import Chosen
from contacts.segment import Role, SegmentState
from contacts.stay import StayEnd
from contacts.words import CHANNELS, Direction

contact = Table(
    "contact",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    small("domain_id"),
    one_of("channel", CHANNELS),
    one_of("direction", Direction),
    one_of("state", ContactState),
    uid("customer_id", nullable=True),
    token("source", 80),
    token("source_id", 128),
    token("number", 254, nullable=True),
    small("value", server_default=text("0")),
    uid("case_id", nullable=True),
    instant("arrived_at"),
    instant("closed_at", nullable=True),
    one_of("outcome", Outcome, nullable=True),
    document("collected", 16, default="'{}'"),
    document("ivr", 16, default="'{}'"),
    UniqueConstraint("company_id", "source", "source_id"),
    UniqueConstraint("company_id", "id", "domain_id"),  # also the order in which a company's contacts are listed
    ForeignKeyConstraint(["company_id", "customer_id"], ["customer.company_id", "customer.id"]),
    between("value", 0, 100),
    CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", "closed_has_time"),
    CheckConstraint("(state = 'closed') = (outcome IS NOT NULL)", "closed_has_outcome"),
    postgresql_with={"fillfactor": 85},
)
Index("ix_contact_open", contact.c.domain_id, postgresql_where=text("state = 'open'"))
Index(
    "ix_contact_customer",
    contact.c.company_id,
    contact.c.customer_id,
    contact.c.arrived_at.desc(),
    postgresql_where=contact.c.customer_id.is_not(None),
)

# Arrivals come in their order: ranges of pages are enough to find an interval.
Index("ix_contact_out", contact.c.domain_id, contact.c.arrived_at, postgresql_where=text("direction = 'out'"))
Index("ix_contact_dialled", contact.c.domain_id, contact.c.arrived_at, postgresql_where=text("ivr ? 'dialled'"))
Index("ix_contact_arrived_at", contact.c.arrived_at, postgresql_using="brin", postgresql_with={"pages_per_range": 16})

# Who came from an address that was nobody's yet, or several people's: found again when its owner is erased.
Index(
    "ix_contact_unidentified",
    contact.c.company_id,
    text("(collected ->> 'from')"),
    postgresql_where=text("customer_id IS NULL AND collected ? 'from'"),
)

# The e-mail address that a visitor gave in a chat, for the same reason.
Index(
    "ix_contact_unidentified_email",
    contact.c.company_id,
    text("(collected ->> 'email')"),
    postgresql_where=text("customer_id IS NULL AND collected ? 'email'"),
)

contact_link = Table(
    "contact_link",
    metadata,
    uid("from_id", ForeignKey("contact.id")),
    uid("to_id", ForeignKey("contact.id")),
    one_of("kind", LinkKind),
    PrimaryKeyConstraint("from_id", "to_id", "kind"),
)
Index("ix_contact_link_to_id", contact_link.c.to_id)

stay = Table(
    "stay",
    metadata,
    uid("id", primary_key=True),
    uid("contact_id"),
    uid("company_id"),  # the turn takes it from the queue's version; the key holds it to the contact's
    small("domain_id"),
    uid("queue_id"),
    whole("queue_version"),
    words("requirement", 1000),
    document("wishes", 1, default="'{}'"),
    Column("place_us", BigInteger, nullable=False),
    instant("queued_at"),
    instant("promise_at"),
    instant("limit_at"),
    instant("ended_at", nullable=True),
    one_of("end", StayEnd, nullable=True, quote=True),
    document("routing", 4, default="'{}'"),
    document("told", 1, nullable=True),
    UniqueConstraint("contact_id", "id", "domain_id"),
    ForeignKeyConstraint(
        ["company_id", "contact_id", "domain_id"], ["contact.company_id", "contact.id", "contact.domain_id"]
    ),
    ForeignKeyConstraint(
        ["queue_id", "queue_version", "company_id", "domain_id"],
        ["queue_version.queue_id", "queue_version.version", "queue_version.company_id", "queue_version.domain_id"],
    ),
    CheckConstraint('(ended_at IS NULL) = ("end" IS NULL)', "ended_has_end"),
    postgresql_with={"fillfactor": 75},
)
Index("uq_stay_waiting", stay.c.contact_id, unique=True, postgresql_where=stay.c.ended_at.is_(None))
Index("ix_stay_figures", stay.c.queue_id, stay.c.queued_at)

OVER = "('done', 'declined', 'expired', 'withdrawn', 'failed')"

segment = Table(
    "segment",
    metadata,
    uid("id", primary_key=True),
    uid("contact_id"),
    uid("stay_id"),
    small("domain_id"),
    uid("agent_id"),
    one_of("role", Role),
    one_of("state", SegmentState),
    instant("offered_at"),
    instant("expires_at", nullable=True),
    Column("exclusive", Boolean, nullable=False),
    Column("manual", Boolean, nullable=False, server_default=text("false")),
    instant("connected_at", nullable=True),
    instant("ended_at", nullable=True),
    instant("wrap_up_until", nullable=True),
    token("end", nullable=True, quote=True),
    Column("interrupted", Boolean, nullable=False, server_default=text("false")),
    Column("parked_us", BigInteger, nullable=False, server_default=text("0")),
    CheckConstraint("state = 'parked' OR NOT interrupted", "interrupted"),
    ForeignKeyConstraint(["contact_id", "stay_id", "domain_id"], ["stay.contact_id", "stay.id", "stay.domain_id"]),
    ForeignKeyConstraint(["agent_id", "domain_id"], ["agent.id", "agent.domain_id"]),
    # One who holds a conversation and one who takes it over change in one turn: looked at when its statement ends.
    ExcludeConstraint(
        ("stay_id", "="),
        name="uq_segment_accepted",
        using="btree",
        where=text("role = 'primary' AND state IN ('connecting', 'talking', 'held')"),
        deferrable=True,
        initially="IMMEDIATE",
    ),
    postgresql_with={"fillfactor": 60},
)
Index("ix_segment_contact_id", segment.c.contact_id)
Index("ix_segment_live", segment.c.agent_id, postgresql_where=text(f"state NOT IN {OVER}"))
Index("uq_segment_exclusive", segment.c.stay_id, unique=True, postgresql_where=text("state = 'offered' AND exclusive"))
Index(
    "uq_segment_offered",
    segment.c.stay_id,
    segment.c.agent_id,
    unique=True,
    postgresql_where=text("state = 'offered'"),
)

# Written by the API.
segment_result = Table(
    "segment_result",
    metadata,
    uid("segment_id", ForeignKey("segment.id"), primary_key=True),
    uid("disposition_id", ForeignKey("disposition.id"), nullable=True),
    words("note", 10_000, server_default=text("''")),
    document("answers", 16, default="'{}'"),
    instant("at", now=True),
    version(),
)

leg = Table(
    "leg",
    metadata,
    uid("id", primary_key=True),
    small("domain_id"),
    uid("contact_id", ForeignKey("contact.id")),
    token("provider"),
    token("provider_ref", 128),
    one_of("role", LegRole),
    uid("agent_id", nullable=True),
    one_of("state", LegState),
    Column("last_rank", BigInteger, nullable=False, server_default=text("0")),
    instant("checked_at", nullable=True),
    instant("ended_at", nullable=True),
    UniqueConstraint("provider", "provider_ref"),
    postgresql_with={"fillfactor": 75},
)
Index("ix_leg_contact_id", leg.c.contact_id)
Index("ix_leg_live", leg.c.domain_id, postgresql_where=text("state <> 'cleared'"))
Index("ix_leg_cleared", leg.c.domain_id, leg.c.ended_at, postgresql_where=text("state = 'cleared'"))

effect = Table(
    "effect",
    metadata,
    uid("id", primary_key=True),
    small("domain_id"),
    uid("contact_id", ForeignKey("contact.id")),
    uid("leg_id", nullable=True),
    token("kind"),
    Column("once", Boolean, nullable=False),
    token("provider"),
    document("args", 32, default="'{}'"),
    one_of("state", EffectState),
    big("seq"),  # of the last event of the turn that decided it
    instant("not_after", nullable=True),
    small("tries", server_default=text("0")),
    postgresql_with={"fillfactor": 75},
)
Index("ix_effect_contact_id", effect.c.contact_id)
Index("ix_effect_open", effect.c.domain_id, effect.c.seq, postgresql_where=text("state IN ('due', 'sent')"))

agent_state = Table(
    "agent_state",
    metadata,
    uid("agent_id", primary_key=True),
    small("domain_id"),
    one_of("chosen", Chosen),
    token("reason", nullable=True),
    token("next_chosen", 80, nullable=True),
    Column("not_responding", Boolean, nullable=False),
    token("set_by", nullable=True),
    instant("since"),
    instant("last_ended_at", nullable=True),
    Column("desk_reachable", Boolean, nullable=False),
    instant("desk_silent_since", nullable=True),
    Column("phone_reachable", Boolean, nullable=False),
    ForeignKeyConstraint(["agent_id", "domain_id"], ["agent.id", "agent.domain_id"]),
    postgresql_with={"fillfactor": 50},
)

agent_session = Table(
    "agent_session",
    metadata,
    uid("id", primary_key=True),
    uid("agent_id", ForeignKey("agent.id")),
    token("process_id"),
    token("tab"),
    Column("audio", Boolean, nullable=False, server_default=text("false")),
    instant("opened_at", now=True),
)
Index("uq_agent_session_audio", agent_session.c.agent_id, unique=True, postgresql_where=agent_session.c.audio)

# Chat and notes, numbered per contact; written by the API and by workers.
contact_message = Table(
    "contact_message",
    metadata,
    uid("contact_id", ForeignKey("contact.id")),
    whole("n"),
    one_of("sender", ("customer", "agent", "system")),
    token("sender_ref", nullable=True),
    instant("at", now=True),
    words("body", 20_000),
    uid("blob_id", ForeignKey("blob.id"), nullable=True),  # a file instead of a text
    token("client_id", nullable=True),  # whoever repeats it has not heard that it is stored
    PrimaryKeyConstraint("contact_id", "n"),
)
Index(
    "uq_contact_message_client_id",
    contact_message.c.contact_id,
    contact_message.c.sender,
    contact_message.c.client_id,
    unique=True,
    postgresql_where=contact_message.c.client_id.is_not(None),
)

# Recordings, faxes, attachments. The row is written before the file.
blob = Table(
    "blob",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    uid("contact_id", ForeignKey("contact.id"), nullable=True),
    token("kind"),
    token("sha256", 64, nullable=True),
    big("size_bytes", nullable=True),
    token("media_type", 128),
    words("filename", 255, nullable=True),
    token("location", 255, unique=True),
    one_of("state", ("expected", "stored", "missing", "erased")),
    token("retention"),
    Column("legal_hold", Boolean, nullable=False, server_default=text("false")),
    instant("delete_after", nullable=True),
    one_of("scanned", ("clean", "infected", "failed"), nullable=True),
    instant("created_at", now=True),
    UniqueConstraint("company_id", "id"),
)
Index("ix_blob_contact_id", blob.c.contact_id)
Index("ix_blob_expected", blob.c.created_at, postgresql_where=text("state = 'expected'"))
Index("ix_blob_delete_after", blob.c.delete_after, postgresql_where=text("state <> 'erased'"))

# Received or to be sent; the pages are the blob's, how it stands is the contact's. `station`: as the other machine
# calls itself, on whose word alone.
fax = Table(
    "fax",
    metadata,
    uid("blob_id", ForeignKey("blob.id"), primary_key=True),
    uid("contact_id", ForeignKey("contact.id")),
    one_of("direction", ("in", "out")),
    whole("pages"),
    Column("complete", Boolean, nullable=False),
    whole("took_s", nullable=True),
    words("station", 20, server_default=text("''")),
    instant("at", now=True),
)
Index("ix_fax_contact_id", fax.c.contact_id)

# Of calls and of messages; the sound is the blob's.
recording = Table(
    "recording",
    metadata,
    uid("blob_id", ForeignKey("blob.id"), primary_key=True),
    uid("contact_id", ForeignKey("contact.id")),
    uid("segment_id", ForeignKey("segment.id"), nullable=True),
    one_of("kind", ("call", "voicemail")),
    whole("part"),
    instant("began_at"),
    whole("length_ms"),
)
Index("ix_recording_contact_id", recording.c.contact_id, recording.c.part)
