"""Calls of ours: where a company may call, by which way, and what became of the wait; and how long recordings stay."""

from alembic import op

revision = "0024"
down_revision = "0023"

KINDS = "'domain', 'queue', 'agent', 'company'"
STATEMENTS = (
    """
    ALTER TABLE company ADD COLUMN dialling JSONB DEFAULT '{}' NOT NULL
        CONSTRAINT ck_company_dialling_size CHECK (pg_column_size("dialling") <= 65536)
    """,
    "ALTER TABLE company ADD COLUMN recording_days INTEGER",
    """
    ALTER TABLE asterisk ADD COLUMN dial_out TEXT
        CONSTRAINT ck_asterisk_dial_out_size CHECK (octet_length("dial_out") <= 200)
    """,
    "ALTER TABLE stay DROP CONSTRAINT ck_stay_end_known",
    """
    ALTER TABLE stay ADD CONSTRAINT ck_stay_end_known CHECK ("end" IN (
        'answered', 'abandoned', 'overflowed', 'called_back', 'voicemail', 'cleared', 'dialled'
    ))
    """,
    "ALTER TABLE leg DROP CONSTRAINT ck_leg_role_known",
    """
    ALTER TABLE leg ADD CONSTRAINT ck_leg_role_known
        CHECK ("role" IN ('customer', 'agent', 'consult', 'monitor', 'outside'))
    """,
    "ALTER TABLE config_change DROP CONSTRAINT ck_config_change_kind_known",
    f'ALTER TABLE config_change ADD CONSTRAINT ck_config_change_kind_known CHECK ("kind" IN ({KINDS}))',
    "ALTER TABLE config_applied DROP CONSTRAINT ck_config_applied_kind_known",
    f'ALTER TABLE config_applied ADD CONSTRAINT ck_config_applied_kind_known CHECK ("kind" IN ({KINDS}))',
    "CREATE INDEX ix_contact_out ON contact (domain_id, arrived_at) WHERE direction = 'out'",
    # The writer has not been told of any company yet.
    """
    WITH raised AS (
        UPDATE domain SET config_seq = config_seq + (SELECT count(*) FROM company) RETURNING id, config_seq
    )
    INSERT INTO config_change (domain_id, seq, company_id, kind, subject_id)
    SELECT raised.id, raised.config_seq - count(*) OVER (PARTITION BY raised.id)
            + row_number() OVER (PARTITION BY raised.id ORDER BY company.id),
        company.id, 'company', company.id
    FROM raised CROSS JOIN company
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
