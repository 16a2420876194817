"""What did the floor send, what was it told, and what did it see? One line a fact, written before anybody acts on it.

callers.ndjson  sent: a webhook or a POST /v1/contacts, before its first byte leaves · answered: its status and ids ·
                given_up: never answered · command: what the server asked of the provider · left: a caller hung up
agents.ndjson   sent: a command of an agent · done, refused: its answer · frame: what a snapshot or turn put and dropped
written.ndjson  of chats, mails and faxes, on both sides: what was said, sent (said, chat_sent, mail_sent, fax_sent …),
                what was acknowledged (said_done, chat_taken, mail_taken, mail_made, fax_taken), and what reached whom
                (heard: messages of a chat, by a visitor's try or an agent's segment; mail_arrived)
`t_ms` is wall time. The auditor (tests/audit.py) reads both and the database, and nothing of ours.
"""

import json
import time
from pathlib import Path
from typing import Any, TextIO


class Ledger:
    """Append only. Without a path it forgets everything (a load generator that writes is measured writing)."""

    def __init__(self, path: Path | None = None) -> None:
        self._file: TextIO | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8", buffering=1)  # each line reaches the kernel: survives kill -9

    @property
    def keeps(self) -> bool:
        return self._file is not None

    def write(self, what: str, **facts: Any) -> None:
        if self._file is not None:
            fact = {"t_ms": int(time.time() * 1000), "what": what, **facts}
            self._file.write(json.dumps(fact, ensure_ascii=False, separators=(",", ":")) + "\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
