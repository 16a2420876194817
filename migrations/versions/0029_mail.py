"""By which mailboxes does a company write and read, and which mails went either way?"""

from alembic import op

revision = "0029"
down_revision = "0028"

STATEMENTS = (
    """
    CREATE TABLE mailbox (
        id UUID NOT NULL,
        company_id UUID NOT NULL,
        address TEXT NOT NULL CONSTRAINT ck_mailbox_address_size CHECK (octet_length("address") <= 254),
        sender_name TEXT DEFAULT '' NOT NULL
            CONSTRAINT ck_mailbox_sender_name_size CHECK (char_length(sender_name) <= 100),
        imap_host TEXT NOT NULL CONSTRAINT ck_mailbox_imap_host_size CHECK (octet_length("imap_host") <= 253),
        imap_port INTEGER NOT NULL,
        imap_tls TEXT NOT NULL
            CONSTRAINT ck_mailbox_imap_tls_known CHECK ("imap_tls" IN ('tls', 'starttls', 'none')),
        smtp_host TEXT NOT NULL CONSTRAINT ck_mailbox_smtp_host_size CHECK (octet_length("smtp_host") <= 253),
        smtp_port INTEGER NOT NULL,
        smtp_tls TEXT NOT NULL
            CONSTRAINT ck_mailbox_smtp_tls_known CHECK ("smtp_tls" IN ('tls', 'starttls', 'none')),
        username TEXT NOT NULL CONSTRAINT ck_mailbox_username_size CHECK (char_length(username) <= 254),
        sealed TEXT NOT NULL CONSTRAINT ck_mailbox_sealed_size CHECK (octet_length("sealed") <= 2000),
        queue_id UUID NOT NULL,
        signature TEXT DEFAULT '' NOT NULL
            CONSTRAINT ck_mailbox_signature_size CHECK (char_length(signature) <= 2000),
        language TEXT CONSTRAINT ck_mailbox_language_size CHECK (octet_length("language") <= 35),
        reopen_days INTEGER NOT NULL,
        acknowledge BOOLEAN DEFAULT false NOT NULL,
        acknowledgement TEXT
            CONSTRAINT ck_mailbox_acknowledgement_size CHECK (char_length(acknowledgement) <= 2000),
        created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        archived_at TIMESTAMP WITH TIME ZONE,
        version INTEGER DEFAULT 1 NOT NULL,
        CONSTRAINT pk_mailbox PRIMARY KEY (id),
        CONSTRAINT uq_mailbox_company_id_id UNIQUE (company_id, id),
        CONSTRAINT fk_mailbox_company_id_queue_id FOREIGN KEY(company_id, queue_id)
            REFERENCES queue (company_id, id),
        CONSTRAINT ck_mailbox_imap_port_range CHECK (imap_port BETWEEN 1 AND 65535),
        CONSTRAINT ck_mailbox_smtp_port_range CHECK (smtp_port BETWEEN 1 AND 65535),
        CONSTRAINT ck_mailbox_reopen_days_range CHECK (reopen_days BETWEEN 0 AND 3650),
        CONSTRAINT fk_mailbox_company_id FOREIGN KEY(company_id) REFERENCES company (id)
    )
    """,
    "CREATE UNIQUE INDEX uq_mailbox_address ON mailbox (address) WHERE archived_at IS NULL",
    "GRANT SELECT, INSERT, UPDATE ON mailbox TO jackfield_app",
    """
    CREATE TABLE mailbox_cursor (
        mailbox_id UUID NOT NULL,
        uid_validity BIGINT NOT NULL,
        uid_last BIGINT NOT NULL,
        CONSTRAINT pk_mailbox_cursor PRIMARY KEY (mailbox_id),
        CONSTRAINT fk_mailbox_cursor_mailbox_id FOREIGN KEY(mailbox_id) REFERENCES mailbox (id)
    )
    """,
    "GRANT SELECT, INSERT, UPDATE, DELETE ON mailbox_cursor TO jackfield_app",
    """
    CREATE TABLE mail (
        id UUID NOT NULL,
        company_id UUID NOT NULL,
        mailbox_id UUID NOT NULL,
        thread_id UUID NOT NULL,
        contact_id UUID,
        direction TEXT NOT NULL CONSTRAINT ck_mail_direction_known CHECK ("direction" IN ('in', 'out', 'internal')),
        kind TEXT NOT NULL
            CONSTRAINT ck_mail_kind_known CHECK ("kind" IN ('message', 'automatic', 'bounce', 'acknowledgement')),
        state TEXT NOT NULL
            CONSTRAINT ck_mail_state_known CHECK (
                "state" IN ('kept', 'delivered', 'sending', 'sent', 'failed', 'unknown', 'bounced')
            ),
        key TEXT CONSTRAINT ck_mail_key_size CHECK (octet_length("key") <= 64),
        message_id TEXT NOT NULL CONSTRAINT ck_mail_message_id_size CHECK (octet_length("message_id") <= 998),
        from_address TEXT NOT NULL CONSTRAINT ck_mail_from_address_size CHECK (char_length(from_address) <= 254),
        from_name TEXT DEFAULT '' NOT NULL CONSTRAINT ck_mail_from_name_size CHECK (char_length(from_name) <= 200),
        recipients JSONB DEFAULT '{}' NOT NULL
            CONSTRAINT ck_mail_recipients_size CHECK (pg_column_size("recipients") <= 65536),
        subject TEXT DEFAULT '' NOT NULL CONSTRAINT ck_mail_subject_size CHECK (char_length(subject) <= 500),
        reply TEXT DEFAULT '' NOT NULL CONSTRAINT ck_mail_reply_size CHECK (char_length(reply) <= 100000),
        body TEXT DEFAULT '' NOT NULL CONSTRAINT ck_mail_body_size CHECK (char_length(body) <= 100000),
        html TEXT CONSTRAINT ck_mail_html_size CHECK (char_length(html) <= 500000),
        flaws TEXT[] DEFAULT '{}' NOT NULL CONSTRAINT ck_mail_flaws_size CHECK (cardinality(flaws) <= 10),
        joins_as TEXT CONSTRAINT ck_mail_joins_as_known CHECK ("joins_as" IN ('participant', 'unverified')),
        possibly_thread_id UUID,
        answers_id UUID,
        agent_id UUID,
        raw_blob_id UUID,
        sends SMALLINT DEFAULT 0 NOT NULL,
        said TEXT CONSTRAINT ck_mail_said_size CHECK (char_length(said) <= 500),
        claimed_at TIMESTAMP WITH TIME ZONE,
        at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        CONSTRAINT pk_mail PRIMARY KEY (id),
        CONSTRAINT uq_mail_company_id_id UNIQUE (company_id, id),
        CONSTRAINT uq_mail_company_id_key UNIQUE (company_id, key),
        CONSTRAINT fk_mail_company_id_mailbox_id FOREIGN KEY(company_id, mailbox_id)
            REFERENCES mailbox (company_id, id),
        CONSTRAINT fk_mail_company_id_raw_blob_id FOREIGN KEY(company_id, raw_blob_id)
            REFERENCES blob (company_id, id),
        CONSTRAINT ck_mail_sends_range CHECK (sends BETWEEN 0 AND 2),
        CONSTRAINT fk_mail_company_id FOREIGN KEY(company_id) REFERENCES company (id),
        CONSTRAINT fk_mail_contact_id FOREIGN KEY(contact_id) REFERENCES contact (id)
    )
    """,
    "CREATE INDEX ix_mail_acknowledgement ON mail (company_id, at) WHERE kind = 'acknowledgement'",
    "CREATE INDEX ix_mail_contact ON mail (contact_id)",
    "CREATE INDEX ix_mail_from ON mail (company_id, from_address)",
    "CREATE INDEX ix_mail_message_id ON mail (company_id, message_id)",
    "CREATE INDEX ix_mail_thread ON mail (thread_id, id)",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON mail TO jackfield_app",
    """
    CREATE TABLE mail_attachment (
        mail_id UUID NOT NULL,
        company_id UUID NOT NULL,
        n SMALLINT NOT NULL,
        blob_id UUID NOT NULL,
        CONSTRAINT pk_mail_attachment PRIMARY KEY (mail_id, n),
        CONSTRAINT fk_mail_attachment_company_id_mail_id FOREIGN KEY(company_id, mail_id)
            REFERENCES mail (company_id, id),
        CONSTRAINT fk_mail_attachment_company_id_blob_id FOREIGN KEY(company_id, blob_id)
            REFERENCES blob (company_id, id)
    )
    """,
    "GRANT SELECT, INSERT ON mail_attachment TO jackfield_app",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
