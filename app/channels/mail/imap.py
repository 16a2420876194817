"""What lies in a mailbox? Read by IMAP, in a thread; nothing there is changed, so nothing is lost by reading it.

Where one has come to is the UIDVALIDITY of the folder and the last UID: of another UIDVALIDITY nothing was read.
"""

import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from app.channels.mail.access import MailAccess, MailTrouble, Server, require_public, trusted
from app.channels.mail.lines import PlainLines, TlsLines

FOLDER = "INBOX"
ANSWER_S = 20.0
MAIL_BYTES_MAX = 32 * 1_048_576  # of a larger one the beginning is read, and that is said; it stays in the mailbox
BEGINNING_BYTES = 262_144
UIDS_AT_ONCE = 500

_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where a folder was read."""

    uid_validity: int = 0
    uid_last: int = 0


@dataclass(frozen=True, slots=True)
class Fetched:
    place: Place | None  # up to where its folder is read when it is kept; None: it was brought
    raw: bytes = field(repr=False)
    is_whole: bool = True


class Inbox:
    """One connection, for one thread at a time. Everything raises MailTrouble."""

    def __init__(self, access: MailAccess) -> None:
        self._access = access
        self._imap: PlainLines | TlsLines | None = None
        self._uid_validity = 0
        self._idles = False
        self._is_cut = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self._imap is not None:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                self._imap.shutdown()
            self._imap = None

    def cut(self) -> None:
        """By another thread: whoever waits for an answer is told that there is none, and nothing is opened again."""
        self._is_cut, imap = True, self._imap
        if imap is not None:
            with contextlib.suppress(OSError):
                imap.socket().shutdown(socket.SHUT_RDWR)

    @property
    def is_open(self) -> bool:
        return self._imap is not None

    def open(self, secret: str) -> None:
        """`secret`: what the access says just now."""
        if self._imap is not None:
            return
        assert self._access.imap is not None, "mails that are brought are not fetched"
        require_public(self._access.imap, self._access.inside)
        with _troubles():
            self._imap = _connected(self._access.imap)
        if self._is_cut:
            self.close()
            raise MailTrouble("absent")
        try:
            self._enter(self._imap, secret)
        except imaplib.IMAP4.abort as gone:
            raise MailTrouble("absent", str(gone)) from gone
        except (imaplib.IMAP4.error, UnicodeError) as no:
            raise self._access.not_entered(str(no)) from no
        except OSError as gone:
            raise MailTrouble("absent", str(gone)) from gone
        with _troubles():
            self._idles = b"IDLE" in self._said(self._imap.capability())[0].upper().split()  # many say so only now
            self._select()

    def _enter(self, imap: imaplib.IMAP4, secret: str) -> None:
        if self._access.tokens is None:
            imap.login(self._access.username, secret)
            return
        told = [f"user={self._access.username}\x01auth=Bearer {secret}\x01\x01".encode()]
        # The server says why not and waits for an empty answer before it says no.
        imap.authenticate("XOAUTH2", lambda _: told.pop() if told else b"")

    def _select(self) -> None:
        assert self._imap is not None
        status, _ = self._imap.select(FOLDER, readonly=True)
        _, validity = self._imap.response("UIDVALIDITY")
        found = validity[0] if status == "OK" and validity else None
        if not isinstance(found, bytes) or not found.isdigit():
            raise MailTrouble("refused", f"no {FOLDER}")
        self._uid_validity = int(found)

    def idle_begins(self) -> bool:
        """From now on the server says by itself that something has come. False: it cannot."""
        assert self._imap is not None
        if self._idles:
            with _troubles():
                self._idles = self._imap.idle_begins()
        return self._idles

    @property
    def socket(self) -> socket.socket | None:
        """On which it would be heard; None: something was heard already."""
        return None if self._imap is None or self._imap.has_told else self._imap.socket()

    def idle_ends(self) -> None:
        """No command is possible before."""
        assert self._imap is not None
        with _troubles():
            self._imap.idle_ends()

    def newer(self, than: Place) -> Iterator[Fetched]:
        """In their order, at most UIDS_AT_ONCE."""
        after = than.uid_last if than.uid_validity == self._uid_validity else 0
        with _troubles():
            uids = self._uids_after(after)
        for uid in uids[:UIDS_AT_ONCE]:
            with _troubles():
                fetched = self._fetched(uid)
            if fetched is not None:
                yield fetched

    def _uids_after(self, after: int) -> list[int]:
        assert self._imap is not None
        self._said(self._imap.noop())  # what is new is told to whoever asks
        found = self._said(self._imap.uid("SEARCH", f"UID {after + 1}:*"))
        uids = sorted(int(uid) for line in found if isinstance(line, bytes) for uid in line.split())
        return [uid for uid in uids if uid > after]  # of an empty range a server tells the last one

    def _fetched(self, uid: int) -> Fetched | None:
        """None: it was taken away meanwhile."""
        assert self._imap is not None
        told = b"".join(each for each in self._said(self._imap.uid("FETCH", str(uid), "(RFC822.SIZE)")) if _is(each))
        size = _SIZE.search(told)
        if size is None:
            return None
        is_whole = int(size[1]) <= MAIL_BYTES_MAX
        part = "(BODY.PEEK[])" if is_whole else f"(BODY.PEEK[]<0.{BEGINNING_BYTES}>)"
        answer = self._said(self._imap.uid("FETCH", str(uid), part))
        raw = next((each[1] for each in answer if isinstance(each, tuple) and isinstance(each[1], bytes)), None)
        return None if raw is None else Fetched(Place(self._uid_validity, uid), raw, is_whole)

    def _said(self, answer: tuple[str, list[Any]]) -> list[Any]:
        status, data = answer
        if status != "OK":
            raise MailTrouble("refused", str(data)[:100])
        return data


def _is(told: Any) -> bool:
    return isinstance(told, bytes)


def _connected(server: Server) -> PlainLines | TlsLines:
    if server.tls == "tls":
        return TlsLines(server.host, server.port, ssl_context=trusted(), timeout=ANSWER_S)
    plain = PlainLines(server.host, server.port, timeout=ANSWER_S)
    if server.tls == "starttls":
        plain.starttls(trusted())
    return plain


@contextlib.contextmanager
def _troubles() -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as wrong:
        raise MailTrouble("certificate", wrong.verify_message) from wrong
    except (OSError, imaplib.IMAP4.abort) as gone:
        raise MailTrouble("absent", str(gone)) from gone
    except imaplib.IMAP4.error as no:
        raise MailTrouble("refused", str(no)) from no
