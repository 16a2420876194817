"""A Postfix and a Dovecot of their own, on this machine alone: ports of theirs, a folder that goes with them.

Everybody of example.test and customer.test has a mailbox and the password `secret`; full.test answers at `full_port`,
where a test may stand, as one may at `provider`, which is asked whether a token is good; brought.test is brought by
LMTP to `ours`; everything else is refused. Nothing leaves here.
"""

import contextlib
import email
import imaplib
import os
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.policy import SMTP, default
from pathlib import Path

from tests.serving import port_to_come_back_to

PACKAGES = "postfix dovecot-imapd dovecot-lmtpd"
PASSWORD = "secret"
SUPPORT, SALES, ALICE = "support@example.test", "sales@example.test", "alice@customer.test"
MAIL_BYTES_MAX = 104_857_600
WITHIN_S = 20.0

DOVECOT = """\
base_dir = {folder}/dovecot/run
state_dir = {folder}/dovecot/state
log_path = {folder}/dovecot/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
mail_location = maildir:{folder}/boxes/%u
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 200
maildir_broken_filename_sizes = no
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/dovecot/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/boxes/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener sasl {{
    address = 127.0.0.1
    port = {sasl}
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
protocol lmtp {{
  postmaster_address = postmaster@example.test
}}
"""
OAUTH2 = """\
introspection_mode = post
introspection_url = http://127.0.0.1:{provider}/introspect
active_attribute = active
active_value = true
username_attribute = username
"""
MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/postfix/queue
data_directory = {folder}/postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.test
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = example.test, customer.test
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
relay_domains = full.test, brought.test
transport_maps = inline:{{brought.test=lmtp:inet:127.0.0.1:{ours}}}
lmtp_line_length_limit = 0
transport_retry_time = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
relay_transport = smtp:[127.0.0.1]:{full}
default_transport = error:5.1.2 nothing leaves this machine
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_recipient_limit = 20000
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl}
smtpd_sasl_auth_enable = yes
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_security_level = may
message_size_limit = {most}
in_flow_delay = 0
line_length_limit = 8192
header_size_limit = 1048576
maillog_file = {folder}/postfix/log
maillog_file_prefixes = {folder}
"""
MASTER_CF = """\
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


def why_not() -> str | None:
    """Why no mail system can be started here."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [name for name in ("postfix", "dovecot", "openssl") if shutil.which(name, path=path) is None]
    if missing or not Path("/usr/lib/postfix/sbin/lmtp").exists():
        return f"no {', '.join(missing) or 'postfix'}: apt-get install {PACKAGES}"
    return None if os.geteuid() == 0 else "Postfix and Dovecot of a test's own are started by root alone"


def free_ports(count: int) -> list[int]:
    """All of them held until all are found: none is given twice."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


@dataclass(slots=True)
class PostOffice:
    folder: Path
    ports: dict[str, int] = field(default_factory=dict)

    @classmethod
    def configured(cls, folder: Path) -> "PostOffice":
        names = ("smtp", "imap", "imaps", "lmtp", "sasl", "full", "provider")
        made = cls(folder, dict(zip(names, free_ports(len(names)), strict=True)) | {"ours": port_to_come_back_to()})
        folder.chmod(0o755)
        for name in ("dovecot/run", "dovecot/state", "boxes", "postfix/conf", "postfix/queue", "postfix/data"):
            (folder / name).mkdir(parents=True)
        _make_certificate(folder)
        values = {"folder": folder, "password": PASSWORD, "most": MAIL_BYTES_MAX, **made.ports}
        (folder / "dovecot/dovecot.conf").write_text(DOVECOT.format(**values))
        (folder / "dovecot/oauth2.conf").write_text(OAUTH2.format(**values))
        (folder / "postfix/conf/main.cf").write_text(MAIN_CF.format(**values))
        (folder / "postfix/conf/master.cf").write_text(MASTER_CF.format(**values))
        shutil.chown(folder / "boxes", "mail", "mail")
        shutil.chown(folder / "postfix/data", "postfix")
        return made

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"

    def start(self) -> None:
        self.start_dovecot()
        self.start_postfix()

    def stop(self) -> None:
        self.stop_postfix()
        self.stop_dovecot()

    def start_dovecot(self) -> None:
        _run("dovecot", "-c", self.folder / "dovecot/dovecot.conf")
        _until_open(self.ports["imap"])

    def stop_dovecot(self) -> None:
        _run("doveadm", "-c", self.folder / "dovecot/dovecot.conf", "stop", check=False)
        _until_closed(self.ports["imap"])

    def start_postfix(self) -> None:
        _run("postfix", "-c", self.folder / "postfix/conf", "start")
        _until_open(self.ports["smtp"])

    def stop_postfix(self) -> None:
        _run("postfix", "-c", self.folder / "postfix/conf", "stop", check=False)
        _until_closed(self.ports["smtp"])

    # --- its customers ------------------------------------------------------------------------------------------------

    def send(self, *mails: EmailMessage | bytes, sender: str = ALICE, to: str | list[str] = SUPPORT) -> None:
        """As a customer's program does, all by one connection."""
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"], timeout=60) as line:
            for mail in mails:
                content = mail if isinstance(mail, bytes) else mail.as_bytes(policy=SMTP)
                line.sendmail(sender, to, content)

    def put(self, raw: bytes, address: str = SUPPORT) -> None:
        """Into the mailbox as it is, whatever a mail server would have said to it."""
        with self.box(address) as box:
            status, said = box.append("INBOX", "", imaplib.Time2Internaldate(time.time()), raw)
            assert status == "OK", said

    def inbox(self, address: str = ALICE) -> list[Message]:
        with self.box(address) as box:
            box.select("INBOX", readonly=True)
            _, found = box.search(None, "ALL")
            numbers = found[0].split()
            raws = [box.fetch(number.decode(), "(BODY.PEEK[])")[1][0][1] for number in numbers]  # type: ignore[index]
        return [email.message_from_bytes(raw, policy=default) for raw in raws]  # type: ignore[arg-type]

    def raw(self, address: str) -> bytes:
        """The last one, byte by byte."""
        with self.box(address) as box:
            box.select("INBOX", readonly=True)
            told = box.fetch("*", "(BODY.PEEK[])")[1]
        return bytes(told[0][1])  # type: ignore[index]

    def until_there(self, count: int, address: str = ALICE, seconds: float = WITHIN_S) -> list[Message]:
        until_s = time.monotonic() + seconds
        while len(found := self.inbox(address)) < count:
            assert time.monotonic() < until_s, f"{len(found)} of {count} mails for {address}; {self.log()}"
            time.sleep(0.1)
        return found

    def count(self, address: str) -> int:
        with self.box(address) as box:
            return int(box.select("INBOX", readonly=True)[1][0] or 0)

    def uid_last(self, address: str) -> int:
        with self.box(address) as box:
            box.select("INBOX", readonly=True)
            found = box.uid("SEARCH", "ALL")[1][0].split()
        return int(found[-1]) if found else 0

    def empty(self, *addresses: str) -> None:
        for address in addresses:
            with self.box(address) as box:
                if box.select("INBOX")[1] != [b"0"]:
                    box.store("1:*", "+FLAGS", r"\Deleted")
                    box.expunge()

    def log(self) -> str:
        return (self.folder / "postfix/log").read_text()[-2000:]

    @contextlib.contextmanager
    def box(self, address: str) -> Iterator[imaplib.IMAP4]:
        box = imaplib.IMAP4("127.0.0.1", self.ports["imap"], timeout=60)
        try:
            box.login(address, PASSWORD)
            yield box
        finally:
            box.shutdown()


def letter(subject: str = "A question", text: str = "Hello?", sender: str = ALICE, **headers: str) -> EmailMessage:
    """`headers`: underscores are hyphens."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, SUPPORT, subject
    for name, value in headers.items():
        del made[name.replace("_", "-")]
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def _make_certificate(folder: Path) -> None:
    _run(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        "-keyout", folder / "key.pem", "-out", folder / "cert.pem",
    )  # fmt: skip


def _run(*command: object, check: bool = True) -> None:
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin", "LC_ALL": "C"}
    with tempfile.TemporaryFile() as out:  # what goes on in the background would hold a pipe open
        done = subprocess.run(
            list(map(str, command)), env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=60
        )
        out.seek(0)
        assert not check or done.returncode == 0, f"{command[0]}: {out.read().decode()[-2000:]}"


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until_open(port: int) -> None:
    _until(lambda: _is_open(port), f"nobody listens at {port}")


def _until_closed(port: int) -> None:
    _until(lambda: not _is_open(port), f"somebody still listens at {port}")


def _until(is_so: object, otherwise: str) -> None:
    until_s = time.monotonic() + WITHIN_S
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < until_s, otherwise
        time.sleep(0.05)
