"""By which mailboxes does a company write and read, and which mails went either way?"""

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
    Text,
    UniqueConstraint,
    text,
)

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
from contacts.thread import JoinsAs, MailKind, MailState
from contacts.words import Direction

TLS = ("tls", "starttls", "none")
INCOMING = ("imap", "lmtp")

mailbox = Table(
    "mailbox",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    token("address", 254),
    words("sender_name", 100, server_default=text("''")),
    one_of("incoming", INCOMING, server_default=text("'imap'")),
    token("imap_host", 253, nullable=True),
    whole("imap_port"),
    one_of("imap_tls", TLS),
    token("smtp_host", 253),
    whole("smtp_port"),
    one_of("smtp_tls", TLS),
    words("username", 254),
    token("sealed", 2000),  # its password
    token("oauth_token_url", 2000, nullable=True),
    token("oauth_client_id", 500, nullable=True),
    token("oauth_scope", 2000, nullable=True),
    token("oauth_secret_sealed", 4000, nullable=True),
    token("oauth_refresh_sealed", 12_000, nullable=True),
    token("authserv_id", 253, nullable=True),  # whose Authentication-Results are believed
    token("dkim_selector", 200, nullable=True),
    token("dkim_sealed", 8000, nullable=True),
    token("dkim_public", 2000, nullable=True),
    uid("queue_id"),
    words("signature", 2000, server_default=text("''")),
    token("language", 35, nullable=True),
    whole("reopen_days"),
    Column("acknowledge", Boolean, nullable=False, server_default=text("false")),
    words("acknowledgement", 2000, nullable=True),
    instant("created_at", now=True),
    instant("archived_at", nullable=True),
    version(),
    UniqueConstraint("company_id", "id"),
    ForeignKeyConstraint(["company_id", "queue_id"], ["queue.company_id", "queue.id"]),
    CheckConstraint("incoming = 'lmtp' OR imap_host IS NOT NULL", "imap_told"),
    between("imap_port", 1, 65535),
    between("smtp_port", 1, 65535),
    between("reopen_days", 0, 3650),
    CheckConstraint("num_nonnulls(dkim_selector, dkim_sealed, dkim_public) IN (0, 3)", "dkim_whole"),
    CheckConstraint(
        "num_nonnulls(oauth_token_url, oauth_client_id, oauth_scope, oauth_secret_sealed, oauth_refresh_sealed)"
        " IN (0, 5)",
        "oauth_whole",
    ),
)
Index("uq_mailbox_address", mailbox.c.address, unique=True, postgresql_where=mailbox.c.archived_at.is_(None))

# Up to where a mailbox was read; of another UIDVALIDITY nothing was.
mailbox_cursor = Table(
    "mailbox_cursor",
    metadata,
    uid("mailbox_id", ForeignKey("mailbox.id"), primary_key=True),
    Column("uid_validity", BigInteger, nullable=False),
    Column("uid_last", BigInteger, nullable=False),
)

# A thread has the id of its first mail. `reply` is what its writer added, `body` everything as text.
mail = Table(
    "mail",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    uid("mailbox_id"),
    uid("thread_id"),
    uid("contact_id", ForeignKey("contact.id"), nullable=True),
    one_of("direction", Direction),
    one_of("kind", MailKind),
    one_of("state", MailState),
    token("key", nullable=True),  # sha256 of what came: the same mail is never two
    token("message_id", 998),
    words("from_address", 254),
    words("from_name", 200, server_default=text("''")),
    document("recipients", 16, default="'{}'"),
    words("subject", 500, server_default=text("''")),
    words("reply", 100_000, server_default=text("''")),
    words("body", 100_000, server_default=text("''")),
    words("html", 500_000, nullable=True),
    many("flaws", Text, 10, default="'{}'"),
    one_of("joins_as", JoinsAs, nullable=True),
    uid("possibly_thread_id", nullable=True),
    uid("answers_id", nullable=True),  # of ours: to which mail; of a bounce: which mail came back
    uid("agent_id", nullable=True),
    uid("raw_blob_id", nullable=True),
    small("sends", server_default=text("0")),  # begun, and not known to have failed
    words("said", 500, nullable=True),  # by the mail server
    instant("claimed_at", nullable=True),  # its own date
    one_of("proof", ("DKIM", "DMARC"), nullable=True),  # that it comes from its sender
    instant("at", now=True),
    version(),
    UniqueConstraint("company_id", "id"),
    UniqueConstraint("company_id", "key"),
    ForeignKeyConstraint(["company_id", "mailbox_id"], ["mailbox.company_id", "mailbox.id"]),
    ForeignKeyConstraint(["company_id", "raw_blob_id"], ["blob.company_id", "blob.id"]),
    CheckConstraint("sends BETWEEN 0 AND 2", "sends_range"),
)
Index("ix_mail_thread", mail.c.thread_id, mail.c.id)
Index("ix_mail_contact", mail.c.contact_id)
Index("ix_mail_message_id", mail.c.company_id, mail.c.message_id)
Index("ix_mail_from", mail.c.company_id, mail.c.from_address)
Index(
    "ix_mail_acknowledgement",
    mail.c.company_id,
    mail.c.at,
    postgresql_where=text("kind = 'acknowledgement'"),
)

mail_attachment = Table(
    "mail_attachment",
    metadata,
    uid("mail_id"),
    uid("company_id"),
    small("n"),
    uid("blob_id"),
    PrimaryKeyConstraint("mail_id", "n"),
    ForeignKeyConstraint(["company_id", "mail_id"], ["mail.company_id", "mail.id"]),
    ForeignKeyConstraint(["company_id", "blob_id"], ["blob.company_id", "blob.id"]),
)
