"""Where do the links of a card lead? To pages of the company's own systems, on hosts that are allowed."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE company ADD COLUMN crm_links JSONB DEFAULT '[]' NOT NULL "
        'CONSTRAINT ck_company_crm_links_size CHECK (pg_column_size("crm_links") <= 65536)'
    )
    op.execute(
        "ALTER TABLE company ADD COLUMN crm_hosts TEXT[] DEFAULT '{}' NOT NULL "
        "CONSTRAINT ck_company_crm_hosts_size CHECK (cardinality(crm_hosts) <= 16)"
    )
