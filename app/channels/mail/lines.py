"""What has a mail server said? IMAP by lines of which one can also see, without a thread, that something is there.

The standard library reads through a file of its own: what it has read ahead nobody can see. Here it is our buffer.
"""

import imaplib
import socket
import ssl

from app.channels.mail.access import MailTrouble

PIECE_BYTES = 65_536
LINE_BYTES_MAX = 1_000_000  # of one that is no literal
LINES_OF_IDLE_MAX = 10_000  # until the end of an IDLE is confirmed

_TAG = b"IDLE1"


class _Lines(imaplib.IMAP4):
    _held = b""
    _held_of: socket.socket | None = None

    def read(self, size: int) -> bytes:
        pieces, missing = [self._taken(size)], size
        missing -= len(pieces[0])
        while missing > 0 and (piece := self.sock.recv(min(missing, PIECE_BYTES))):
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def readline(self) -> bytes:
        """Empty: the line is broken."""
        held = bytearray(self._taken(LINE_BYTES_MAX))
        end = held.find(b"\n")
        while end < 0:
            if len(held) > LINE_BYTES_MAX:
                raise self.error(f"a line of more than {LINE_BYTES_MAX} bytes")
            seen = len(held)
            piece = self.sock.recv(PIECE_BYTES)
            if not piece:
                return b""
            held += piece
            end = held.find(b"\n", seen)
        self._held = bytes(held[end + 1 :]) + self._held
        return bytes(held[: end + 1])

    def _taken(self, size: int) -> bytes:
        """What was read ahead; what came before TLS began is not part of it: anybody may have written that."""
        if self._held_of is not self.sock:
            self._held, self._held_of = b"", self.sock
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    @property
    def has_told(self) -> bool:
        """Of what has already left the socket."""
        pending = self.sock.pending() if isinstance(self.sock, ssl.SSLSocket) else 0
        return bool(self._held) or pending > 0

    def idle_begins(self) -> bool:
        """False: the server does not do it. RFC 2177."""
        self.send(_TAG + b" IDLE\r\n")
        for _ in range(LINES_OF_IDLE_MAX):
            line = self._line()
            if line.startswith(b"+"):
                return True
            if line.startswith(_TAG):
                return False
        raise MailTrouble("refused", "too many lines")

    def idle_ends(self) -> None:
        self.send(b"DONE\r\n")
        for _ in range(LINES_OF_IDLE_MAX):
            if self._line().startswith(_TAG):
                return
        raise MailTrouble("refused", "too many lines")

    def _line(self) -> bytes:
        line = self.readline()
        if not line or line.startswith(b"* BYE"):
            raise self.abort("the line is broken")
        return line


class PlainLines(_Lines):
    """Without TLS, or until it begins."""


class TlsLines(_Lines, imaplib.IMAP4_SSL):
    """With TLS from its first byte."""
