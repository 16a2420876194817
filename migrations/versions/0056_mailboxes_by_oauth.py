"""How is a mailbox entered whose provider gives tokens in place of a password?"""

from alembic import op

revision = "0056"
down_revision = "0053"

STATEMENTS = (
    """
    ALTER TABLE mailbox
        ADD COLUMN oauth_token_url TEXT
            CONSTRAINT ck_mailbox_oauth_token_url_size CHECK (octet_length("oauth_token_url") <= 2000),
        ADD COLUMN oauth_client_id TEXT
            CONSTRAINT ck_mailbox_oauth_client_id_size CHECK (octet_length("oauth_client_id") <= 500),
        ADD COLUMN oauth_scope TEXT
            CONSTRAINT ck_mailbox_oauth_scope_size CHECK (octet_length("oauth_scope") <= 2000),
        ADD COLUMN oauth_secret_sealed TEXT
            CONSTRAINT ck_mailbox_oauth_secret_sealed_size CHECK (octet_length("oauth_secret_sealed") <= 4000),
        ADD COLUMN oauth_refresh_sealed TEXT
            CONSTRAINT ck_mailbox_oauth_refresh_sealed_size CHECK (octet_length("oauth_refresh_sealed") <= 12000),
        ADD CONSTRAINT ck_mailbox_oauth_whole CHECK (
            num_nonnulls(oauth_token_url, oauth_client_id, oauth_scope, oauth_secret_sealed, oauth_refresh_sealed)
            IN (0, 5)
        )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
