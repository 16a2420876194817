"""Real SIP parties: SIPp plays callers and the phones of agents, each by a scenario of a few steps."""

import asyncio
import random
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.pbx.pbx import Room, free_port

LISTENS_WITHIN_S = 10.0

SDP = """\
v=0
o=user1 53655765 2353687637 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 0 96
a=rtpmap:0 PCMU/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-16
"""


def _send(text: str, retrans: bool = False) -> str:
    how = ' retrans="500"' if retrans else ""
    return f"<send{how}><![CDATA[\n{text}\n]]></send>\n"


def _answer(status: str, body: str = "", tag: str = "") -> str:
    kind = "Content-Type: application/sdp\n" if body else ""
    length = "[len]" if body else "0"
    return f"""\
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:party@[local_ip]:[local_port];transport=[transport]>
{kind}Content-Length: {length}

{body}"""


_OK_TO_BYE = _send(_answer("200 OK"))
_BYE = (
    _send(
        """\
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:party@[local_ip]:[local_port]>;tag=[pid]tag[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 9 BYE
[routes]
Max-Forwards: 70
Content-Length: 0
""",
        retrans=True,
    )
    + '<recv response="200"/>\n'
)


def caller_scenario(
    called: str, number: str | None, steps: Sequence[str], name: str = "Caller", media: int | None = None
) -> str:
    offer = SDP if media is None else SDP.replace("[auto_media_port]", str(media))
    who = f'"{name}" <sip:{number}@[local_ip]>' if number else '"Anonymous" <sip:anonymous@anonymous.invalid>'
    invite = f"""\
INVITE sip:{called}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: {who};tag=[pid]tag[call_number]
To: <sip:{called}@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:party@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

{offer}"""
    ack = f"""\
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: {who};tag=[pid]tag[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
[routes]
Max-Forwards: 70
Content-Length: 0
"""
    cancel = f"""\
CANCEL sip:{called}@[remote_ip]:[remote_port] SIP/2.0
[last_Via:]
From: {who};tag=[pid]tag[call_number]
To: <sip:{called}@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 CANCEL
Max-Forwards: 70
Content-Length: 0
"""
    bye = _BYE.replace("From: <sip:party@[local_ip]:[local_port]>", f"From: {who}")
    begins = '<nop><action><log message="invite [call_number] [timestamp]"/></action></nop>\n'
    parts = [begins, _send(invite, retrans=True), '<recv response="100" optional="true"/>\n']
    rings = '<recv response="180" optional="true"/>\n<recv response="183" optional="true"/>\n'
    if steps and steps[0] == "refused":
        parts += [
            rings,
            f'<recv response="{steps[1]}"/>\n',
            _send(ack.replace("[next_url]", f"sip:{called}@[remote_ip]")),
        ]
        return _scenario(parts)
    if steps and steps[0].startswith("cancel"):
        parts += [f'<pause milliseconds="{steps[0].split()[1]}"/>\n', _send(cancel), rings]
        parts += [
            '<recv response="200"/>\n',
            '<recv response="487"/>\n',
            _send(ack.replace("[next_url]", f"sip:{called}@[remote_ip]")),
        ]
        return _scenario(parts)
    parts += [rings, '<recv response="200" rrs="true"/>\n', _send(ack)]
    for step in steps:
        word, _, argument = step.partition(" ")
        match word:
            case "pause":
                parts.append(f'<pause milliseconds="{argument}"/>\n')
            case "play":
                parts.append(f'<nop><action><exec rtp_stream="{argument},-1,0"/></action></nop>\n')
            case "press":
                parts.append(f'<nop><action><exec play_dtmf="{argument}"/></action></nop>\n')
                parts.append(f'<pause milliseconds="{400 * len(argument)}"/>\n')
            case "bye":
                parts.append(bye)
            case "until":
                parts += ['<recv request="BYE" timeout="60000"/>\n', _OK_TO_BYE]
    return _scenario(parts)


_VARIABLES = '<Reference variables="1,2"/>\n'  # whether a scenario uses them or not


def _phone(ring_ms: int, steps: Sequence[str], media: int | None = None) -> str:
    """Of an agent: rings, answers, and does what the steps say; its sound goes to port `media`."""
    offer = SDP if media is None else SDP.replace("[auto_media_port]", str(media))
    parts = ['<recv request="INVITE" rrs="true"><action>'
             '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="1"/>'
             '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="2"/></action></recv>\n']  # fmt: skip
    tag = ";tag=[pid]tag[call_number]"
    parts.append(_send(_answer("180 Ringing", tag=tag)))
    if steps and steps[0] == "busy":
        parts += [_send(_answer("486 Busy Here", tag=tag), retrans=True), '<recv request="ACK"/>\n']
        return _scenario(parts, _VARIABLES)
    if steps and steps[0] == "ignore":
        parts += ['<recv request="CANCEL" timeout="60000"/>\n', _send(_answer("200 OK"))]
        return _scenario(parts, _VARIABLES)
    parts += [
        f'<pause milliseconds="{ring_ms}"/>\n',
        _send(_answer("200 OK", offer, tag), retrans=True),
        '<recv request="ACK"/>\n',
    ]
    for step in steps:
        word, _, argument = step.partition(" ")
        match word:
            case "pause":
                parts.append(f'<pause milliseconds="{argument}"/>\n')
            case "play":
                parts.append(f'<nop><action><exec rtp_stream="{argument},-1,0"/></action></nop>\n')
            case "bye":
                bye = _BYE.replace(
                    "From: <sip:party@[local_ip]:[local_port]>;tag=[pid]tag[call_number]", f"From:[$2]{tag}"
                )
                parts.append(bye.replace("[last_To:]", "To:[$1]"))
            case "until":
                parts += ['<recv request="BYE" timeout="60000"/>\n', _OK_TO_BYE]
    return _scenario(parts, _VARIABLES)


def _scenario(parts: Sequence[str], more: str = "") -> str:
    return f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="party">\n{"".join(parts)}{more}</scenario>\n'


def media_port() -> int:
    """Every call of a SIPp names another one, up to 10,000 higher: none may be beyond the last. It opens these four."""
    chance = random.SystemRandom()
    while True:
        first = chance.randrange(30_000, 50_000, 4)
        if all(_is_free(port) for port in range(first, first + 4)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@dataclass(slots=True)
class Party:
    """One SIPp."""

    process: subprocess.Popen[bytes]
    log: Path

    async def over(self, seconds: float = 40.0) -> None:
        """Until the scenario was played to its end, every call of it as written."""
        async with asyncio.timeout(seconds):
            while self.process.poll() is None:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert self.process.returncode == 0, f"SIPp {self.process.returncode}:\n{self.log.read_text()[-2500:]}"

    @property
    def is_over(self) -> bool:
        return self.process.poll() is not None

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(5)


def _listening(party: Party, port: int) -> Party:
    """Once it can be called: who is called before is not there, and that is another test."""
    until_s = time.monotonic() + LISTENS_WITHIN_S
    wanted = f":{port:04X} "  # as /proc/net/udp writes it
    while wanted not in Path("/proc/net/udp").read_text():
        assert not party.is_over, party.log.read_text()[-2500:]
        assert time.monotonic() < until_s, "SIPp does not listen"
        time.sleep(0.01)
    return party


@dataclass(slots=True)
class Parties:
    folder: Path
    sip_port: int
    room: Room
    _all: list[Party] = field(default_factory=list)

    def call(
        self,
        called: str,
        *steps: str,
        number: str | None = "+4930777001",
        times: int = 1,
        name: str = "Caller",
        media: int | None = None,
    ) -> Party:
        """Steps: 'pause MS', 'press KEYS', 'bye', 'until' (the other side hangs up), 'cancel MS', 'refused' STATUS.

        `media`: the port of who listens there.
        """
        port = str(free_port(socket.SOCK_DGRAM))
        more = ["-p", port, "-m", str(times), "-r", "20", "-l", str(max(times, 3))]
        return self.start(caller_scenario(called, number, steps, name, media), [f"127.0.0.1:{self.sip_port}", *more])

    def phone(
        self,
        *steps: str,
        of: int = 1,
        ring_ms: int = 100,
        times: int = 1,
        timeout_s: int = 90,
        media: int | None = None,
    ) -> Party:
        """Answers as the first phone of the room, the second …; a call for each time.

        `media`: the port of who listens there.
        """
        where = ["-p", str(self.room.ports[of - 1]), "-m", str(times)]
        return _listening(
            self.start(_phone(ring_ms, steps, media), where, timeout_s=timeout_s), self.room.ports[of - 1]
        )

    def outside(self, *steps: str, ring_ms: int = 300, times: int = 1, media: int | None = None) -> Party:
        """Answers for every number outside that is called. `media`: the port of who listens there."""
        where = ["-p", str(self.room.outside_port), "-m", str(times)]
        return _listening(self.start(_phone(ring_ms, steps, media), where), self.room.outside_port)

    def start(self, scenario: str, arguments: Sequence[str], *, timeout_s: int = 90) -> Party:
        name = f"party{len(self._all)}"
        path = self.folder / f"{name}.xml"
        path.write_text(scenario)
        log = self.folder / f"{name}.log"
        command = [
            "sipp", *arguments, "-sf", str(path), "-i", "127.0.0.1", "-mp", str(media_port()),
            "-nostdin", "-timeout", str(timeout_s), "-timeout_error", "-trace_err",
            "-error_file", str(log.with_suffix(".err")),
        ]  # fmt: skip
        with log.open("wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=self.folder)
        self._all.append(Party(process, log))
        return self._all[-1]

    def end(self) -> None:
        for party in self._all:
            party.kill()
