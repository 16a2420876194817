"""What a company's customers know before they are recorded: nothing, an announcement, or their own consent."""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE company ADD COLUMN recording_notice JSONB DEFAULT '{}' NOT NULL
            CONSTRAINT ck_company_recording_notice_size CHECK (pg_column_size("recording_notice") <= 4096)
        """
    )
