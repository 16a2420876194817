"""Calls to outside beside a customer, found again when limits are counted anew; and calls between colleagues."""

from alembic import op

revision = "0026"
down_revision = "0025"

STATEMENTS = (
    "CREATE INDEX ix_contact_dialled ON contact (domain_id, arrived_at) WHERE ivr ? 'dialled'",
    "ALTER TABLE contact DROP CONSTRAINT ck_contact_direction_known",
    """
    ALTER TABLE contact ADD CONSTRAINT ck_contact_direction_known CHECK ("direction" IN ('in', 'out', 'internal'))
    """,
    "ALTER TABLE stay DROP CONSTRAINT ck_stay_end_known",
    """
    ALTER TABLE stay ADD CONSTRAINT ck_stay_end_known CHECK ("end" IN (
        'answered', 'abandoned', 'overflowed', 'called_back', 'voicemail', 'cleared', 'dialled', 'internal'
    ))
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
