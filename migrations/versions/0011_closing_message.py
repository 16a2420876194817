"""What are customers told who come to a queue that was closed by hand?"""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE queue ADD COLUMN closing_message TEXT "
        "CONSTRAINT ck_queue_closing_message_size CHECK (char_length(closing_message) <= 200)"
    )
