"""What does a company answer to what it is often asked, by which terms is it found, and what was found no answer to?"""

from alembic import op

revision = "0031"
down_revision = "0029"

STATEMENTS = (
    """
    CREATE TABLE faq_entry (
        id UUID NOT NULL,
        company_id UUID NOT NULL,
        key TEXT
            CONSTRAINT ck_faq_entry_key_size CHECK (octet_length("key") <= 64),
        language TEXT NOT NULL
            CONSTRAINT ck_faq_entry_language_known CHECK ("language" IN ('zh-CN', 'en')),
        question TEXT NOT NULL
            CONSTRAINT ck_faq_entry_question_size CHECK (char_length(question) <= 300),
        answer TEXT NOT NULL
            CONSTRAINT ck_faq_entry_answer_size CHECK (char_length(answer) <= 4000),
        variants TEXT[] DEFAULT '{}' NOT NULL
            CONSTRAINT ck_faq_entry_variants_size CHECK (cardinality(variants) <= 20),
        tags TEXT[] DEFAULT '{}' NOT NULL
            CONSTRAINT ck_faq_entry_tags_size CHECK (cardinality(tags) <= 10),
        state TEXT DEFAULT 'draft' NOT NULL
            CONSTRAINT ck_faq_entry_state_known CHECK ("state" IN ('draft', 'published', 'archived')),
        valid_from TIMESTAMP WITH TIME ZONE,
        valid_until TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        CONSTRAINT pk_faq_entry PRIMARY KEY (id),
        CONSTRAINT ck_faq_entry_valid_order CHECK (valid_until > valid_from),
        CONSTRAINT uq_faq_entry_company_id_id UNIQUE (company_id, id),
        CONSTRAINT uq_faq_entry_company_id_language_key UNIQUE (company_id, language, key),
        CONSTRAINT fk_faq_entry_company_id FOREIGN KEY (company_id) REFERENCES company (id)
    )
    """,
    """
    CREATE TABLE faq_term (
        entry_id UUID NOT NULL,
        term TEXT NOT NULL
            CONSTRAINT ck_faq_term_term_size CHECK (octet_length("term") <= 160),
        company_id UUID NOT NULL,
        language TEXT NOT NULL
            CONSTRAINT ck_faq_term_language_known CHECK ("language" IN ('zh-CN', 'en')),
        weight REAL NOT NULL,
        CONSTRAINT pk_faq_term PRIMARY KEY (entry_id, term),
        CONSTRAINT fk_faq_term_company_id_entry_id FOREIGN KEY (company_id, entry_id)
            REFERENCES faq_entry (company_id, id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX ix_faq_term_company_id_language_term ON faq_term (company_id, language, term)
        INCLUDE (entry_id, weight)
    """,
    """
    CREATE TABLE faq_synonyms (
        id UUID NOT NULL,
        company_id UUID NOT NULL,
        language TEXT NOT NULL
            CONSTRAINT ck_faq_synonyms_language_known CHECK ("language" IN ('zh-CN', 'en')),
        groups JSONB NOT NULL
            CONSTRAINT ck_faq_synonyms_groups_size CHECK (pg_column_size("groups") <= 131072),
        version INTEGER DEFAULT 1 NOT NULL,
        CONSTRAINT pk_faq_synonyms PRIMARY KEY (id),
        CONSTRAINT uq_faq_synonyms_company_id_language UNIQUE (company_id, language),
        CONSTRAINT fk_faq_synonyms_company_id FOREIGN KEY (company_id) REFERENCES company (id)
    )
    """,
    """
    CREATE TABLE faq_unanswered (
        id UUID NOT NULL,
        company_id UUID NOT NULL,
        language TEXT NOT NULL
            CONSTRAINT ck_faq_unanswered_language_known CHECK ("language" IN ('zh-CN', 'en')),
        text TEXT NOT NULL
            CONSTRAINT ck_faq_unanswered_text_size CHECK (char_length(text) <= 200),
        times INTEGER DEFAULT 1 NOT NULL,
        last_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_faq_unanswered PRIMARY KEY (id),
        CONSTRAINT uq_faq_unanswered_company_id_language_text UNIQUE (company_id, language, text),
        CONSTRAINT fk_faq_unanswered_company_id FOREIGN KEY (company_id) REFERENCES company (id)
    )
    """,
    """
    CREATE TABLE faq_feedback (
        entry_id UUID NOT NULL,
        principal TEXT NOT NULL
            CONSTRAINT ck_faq_feedback_principal_size CHECK (octet_length("principal") <= 64),
        company_id UUID NOT NULL,
        helpful BOOLEAN NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_faq_feedback PRIMARY KEY (entry_id, principal),
        CONSTRAINT fk_faq_feedback_company_id_entry_id FOREIGN KEY (company_id, entry_id)
            REFERENCES faq_entry (company_id, id) ON DELETE CASCADE
    )
    """,
    """
    GRANT SELECT, INSERT, UPDATE, DELETE ON faq_entry, faq_term, faq_synonyms, faq_unanswered, faq_feedback
        TO jackfield_app
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
