"""What the writer is told of a queue has grown by its name and hours: it is told of each one again."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute(
        """
        WITH told AS (
            SELECT id, domain_id, company_id, row_number() OVER (PARTITION BY domain_id ORDER BY id) AS n,
                count(*) OVER (PARTITION BY domain_id) AS many
            FROM queue WHERE current_version IS NOT NULL
        ), raised AS (
            UPDATE domain d SET config_seq = config_seq
                + (SELECT count(*) FROM queue q WHERE q.domain_id = d.id AND q.current_version IS NOT NULL)
            RETURNING d.id, d.config_seq
        )
        INSERT INTO config_change (domain_id, seq, company_id, kind, subject_id)
        SELECT told.domain_id, raised.config_seq - told.many + told.n, told.company_id, 'queue', told.id
        FROM told JOIN raised ON raised.id = told.domain_id
        """
    )
