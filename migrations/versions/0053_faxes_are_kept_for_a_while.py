"""How long does a company keep its faxes?"""

from alembic import op

revision = "0053"
down_revision = "0052"

STATEMENTS = (
    """
    ALTER TABLE company ADD COLUMN fax_days INTEGER
        CONSTRAINT ck_company_fax_days_range CHECK (fax_days BETWEEN 1 AND 3650)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
