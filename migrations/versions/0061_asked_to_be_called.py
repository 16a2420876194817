"""By which widgets may visitors ask to be called?"""

from alembic import op

revision = "0061"
down_revision = "0037"


def upgrade() -> None:
    op.execute("ALTER TABLE widget ADD COLUMN callbacks BOOLEAN DEFAULT false NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE widget DROP COLUMN callbacks")
