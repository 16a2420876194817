"""When did a person first reply to what waited? By its stay."""

from alembic import op

revision = "0058"
down_revision = "0057"

STATEMENTS = ("CREATE INDEX ix_event_replied ON event (stay_id) WHERE kind = 'contact.replied'",)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
