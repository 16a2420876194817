"""A company's own system, at a real address and in a thread of its own: it answers as it is told, and keeps what it was
asked.
"""

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Crm:
    """`accounts`: what it knows, by the account that is asked for."""

    accounts: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    body: bytes | None = None  # in place of what it knows
    headers: Mapping[str, str] = field(default_factory=dict)
    waits_s: float = 0.0
    asked: list[dict[str, str]] = field(default_factory=list)
    signed: list[tuple[dict[str, str], bytes]] = field(default_factory=list)  # headers and body, as they came
    connections: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/balance"

    def answer(self, asked: dict[str, str]) -> tuple[int, bytes]:
        if self.body is not None or self.status != 200:
            return self.status, self.body or b"{}"
        known = self.accounts.get(asked.get("account", ""))
        return (404, b"") if known is None else (200, json.dumps(known).encode())


@contextlib.contextmanager
def crm(**told: Any) -> Iterator[Crm]:
    here = Crm(**told)

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            here.signed.append(({name.lower(): value for name, value in self.headers.items()}, body))
            here.asked.append(json.loads(body))
            time.sleep(here.waits_s)
            status, answer = here.answer(here.asked[-1])
            with contextlib.suppress(ConnectionError):  # whoever asked has gone
                self.send_response(status)
                for name, value in {**here.headers, "content-length": str(len(answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, *_: Any) -> None: ...

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def verify_request(self, *_: Any) -> bool:
            here.connections += 1
            return True

    server = Server(("127.0.0.1", 0), Door)
    here.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
