"""What do several agents on one contact need?

Whoever takes a conversation over becomes its primary segment in the same statement in which the one before ends: the
rule that a wait has one accepted segment is looked at when the statement ends, which a unique index cannot.
The customer's value stays with the contact, so that a transfer does not lose it.
"""

from alembic import op

revision = "0010"
down_revision = "0008"

STATEMENTS = (
    "ALTER TABLE contact ADD COLUMN value SMALLINT DEFAULT 0 NOT NULL "
    "CONSTRAINT ck_contact_value_range CHECK (value BETWEEN 0 AND 100)",
    "DROP INDEX uq_segment_accepted",
    "ALTER TABLE segment ADD CONSTRAINT uq_segment_accepted EXCLUDE USING btree (stay_id WITH =) "
    "WHERE (role = 'primary' AND state IN ('connecting', 'talking', 'held')) DEFERRABLE INITIALLY IMMEDIATE",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
