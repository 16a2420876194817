"""What may be said of a mailbox, and what is shown of one?"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.api.fields import Given, Id, Language, Line, Shown, Text, Version, untouched
from app.seals import SECRET_CHARACTERS_MAX

REOPEN_DAYS = 14

Incoming = Literal["imap", "lmtp"]
Tls = Literal["tls", "starttls", "none"]
Mail = Annotated[str, StringConstraints(min_length=3, max_length=254, pattern="^[!-~]+@[!-~]+$")]
Host = Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:_-]+$")]
Port = Annotated[int, Field(ge=1, le=65_535)]
Username = Annotated[str, StringConstraints(min_length=1, max_length=254, pattern="^[^\\u0000-\\u001f\\u007f]+$")]
Password = Annotated[str, StringConstraints(min_length=1, max_length=512, pattern="^[^\\u0000-\\u001f\\u007f]+$")]
Url = Annotated[str, StringConstraints(min_length=8, max_length=2000, pattern="^https?://[!-~]+$")]
ClientId = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern="^[!-~]+$")]
ClientSecret = Annotated[str, StringConstraints(max_length=1024, pattern="^[ -~]*$")]
RefreshToken = Annotated[str, StringConstraints(min_length=1, max_length=SECRET_CHARACTERS_MAX, pattern="^[!-~]+$")]
Scope = Annotated[str, StringConstraints(max_length=2000, pattern="^[ -~]*$")]
AuthservId = Annotated[str, StringConstraints(min_length=1, max_length=253, pattern="^[A-Za-z0-9._-]+$")]
Selector = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern="^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$")]
PrivateKey = Annotated[str, StringConstraints(max_length=SECRET_CHARACTERS_MAX, pattern="^[\\n\\r -~]+$")]
SenderName = Annotated[Line, StringConstraints(max_length=100)]
ReopenDays = Annotated[int, Field(ge=0, le=3650)]


class OAuth(Given):
    """The provider's token endpoint, and what it gave when somebody consented. `client_secret` is empty for a public
    client. Neither secret is ever shown.
    """

    token_url: Url
    client_id: ClientId
    client_secret: ClientSecret = ""
    refresh_token: RefreshToken
    scope: Scope = ""


class OAuthShown(Shown):
    token_url: str
    client_id: str
    scope: str


class Dkim(Given):
    """`private_key`: RSA, 1,024 to 4,096 bits, PEM without a password; it is never shown."""

    selector: Selector
    private_key: PrivateKey


class DkimShown(Shown):
    """`record`: what has to be published at `name` as TXT."""

    selector: str
    name: str
    record: str


class NewMailbox(Given):
    """Mails are read from INBOX by IMAP, or brought by your mail server over LMTP (`incoming`), and sent by SMTP, with
    this user and either a `password` or the tokens of `oauth` (XOAUTH2), which are fetched and renewed here. Ports: 993
    and 465 with `tls`, 143 and 587 with `starttls`; `none` only where the operator allows the installation's network.

    `acknowledge`: each new thread is answered once by `acknowledgement`, or by a text in `language`. `reopen_days`: so
    long after a contact an answer to it goes to the same agent first. `authserv_id`: by which name the mailbox's own
    server says in Authentication-Results that DMARC passed; without it nobody's word is taken. `dkim` signs what is
    sent, for the domain of `address`.
    """

    company_id: Id
    address: Mail
    queue_id: Id
    username: Username
    password: Password | None = None
    oauth: OAuth | None = None
    incoming: Incoming = "imap"
    imap_host: Host | None = None
    imap_port: Port = 993
    imap_tls: Tls = "tls"
    smtp_host: Host
    smtp_port: Port = 465
    smtp_tls: Tls = "tls"
    sender_name: SenderName = ""
    signature: Text = ""
    language: Language | None = None
    reopen_days: ReopenDays = REOPEN_DAYS
    acknowledge: bool = False
    acknowledgement: Text | None = None
    authserv_id: AuthservId | None = None
    dkim: Dkim | None = None


class MailboxChange(Given):
    version: Version
    queue_id: Id = untouched()
    username: Username = untouched()
    password: Password = untouched()
    oauth: OAuth = untouched()
    incoming: Incoming = untouched()
    imap_host: Host | None = untouched()
    imap_port: Port = untouched()
    imap_tls: Tls = untouched()
    smtp_host: Host = untouched()
    smtp_port: Port = untouched()
    smtp_tls: Tls = untouched()
    sender_name: SenderName = untouched()
    signature: Text = untouched()
    language: Language | None = untouched()
    reopen_days: ReopenDays = untouched()
    acknowledge: bool = untouched()
    acknowledgement: Text | None = untouched()
    authserv_id: AuthservId | None = untouched()
    dkim: Dkim | None = untouched()


class MailboxShown(Shown):
    """`trouble` of reading, `out_trouble` of sending: `connecting`, `absent`, `certificate`, `access` (user, password
    or token), `refused`, `inside` (it leads into the installation's own network), `sealed` (by another secret key),
    `grant` (the provider of the tokens gives none: consent anew), `token` (it does not answer as it should), `unheard`
    (mails are brought, and the operator has set no JACKFIELD_LMTP); null: none, or not known here, where another
    process reads it. `oauth` null: by a password, which is never shown.
    """

    id: Id
    company_id: Id
    address: str
    queue_id: Id
    username: str
    oauth: OAuthShown | None
    incoming: Incoming
    imap_host: str | None
    imap_port: int
    imap_tls: Tls
    smtp_host: str
    smtp_port: int
    smtp_tls: Tls
    sender_name: str
    signature: str
    language: str | None
    reopen_days: int
    acknowledge: bool
    acknowledgement: str | None
    authserv_id: str | None
    dkim: DkimShown | None
    created_ms: int
    version: int
    trouble: str | None
    out_trouble: str | None
