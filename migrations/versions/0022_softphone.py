"""Which agents talk by the page itself, and where do their browsers reach the Asterisk?"""

from alembic import op

revision = "0022"
down_revision = "0021"

STATEMENTS = (
    "ALTER TABLE agent ADD COLUMN softphone BOOLEAN DEFAULT false NOT NULL",
    """
    ALTER TABLE asterisk ADD COLUMN sip_socket TEXT
        CONSTRAINT ck_asterisk_sip_socket_size CHECK (octet_length("sip_socket") <= 2000)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
