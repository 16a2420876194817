"""Calls to outside beside a customer: found again when their company's limits are counted anew."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute("CREATE INDEX ix_contact_dialled ON contact (domain_id, arrived_at) WHERE ivr ? 'dialled'")
