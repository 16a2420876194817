"""A real Asterisk on loopback: fetched as Debian packages into a folder, configured and started without root."""

import contextlib
import fcntl
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2

from app import asterisk_config

ROOT = Path(__file__).parents[2]
TREE = ROOT / "build" / "asterisk"
START_S = 20.0
ARI_USER, ARI_PASSWORD = "jackfield", "a-password-of-the-tests"
APPLICATION = "jackfield"
AGENTS = 8  # phones of SIPp in one test
ROOMS = 6  # of phones. A call that nobody took is sent again for half a minute: not to the phones of the next test
LOADED_NOT = [
    "chan_iax2", "chan_unistim", "chan_skinny", "chan_mgcp", "chan_dahdi", "chan_motif", "chan_alsa",
    "chan_console", "chan_oss", "chan_ooh323", "res_xmpp", "res_snmp", "res_config_ldap", "res_config_odbc",
    "res_config_pgsql", "res_config_sqlite3", "res_odbc", "res_calendar", "res_phoneprov",
    "res_pjsip_phoneprov_provider", "res_hep", "res_hep_pjsip", "res_hep_rtcp", "res_smdi", "res_prometheus",
    "cdr_csv", "cdr_custom", "cdr_pgsql", "cdr_odbc", "cdr_radius", "cdr_tds", "cdr_syslog", "cdr_sqlite3_custom",
    "cel_custom", "cel_odbc", "cel_pgsql", "cel_radius", "cel_tds", "cel_sqlite3_custom", "pbx_dundi", "pbx_ael",
    "pbx_lua", "app_voicemail_imap", "app_voicemail_odbc", "app_festival", "app_alarmreceiver",
    "res_stun_monitor",
]  # fmt: skip


def why_not() -> str | None:
    """What this machine lacks for a test with a real PBX, and the command that installs it."""
    if shutil.which("sipp") is None:
        return "no SIPp: apt-get install sip-tester"
    if shutil.which("espeak-ng") is None:
        return "no espeak-ng: apt-get install espeak-ng"
    if not (TREE / "usr/sbin/asterisk").exists():
        return "no Asterisk: make build/asterisk"
    return None


PORTS = range(10_000, 20_000)  # below those that the system gives to anybody
MEDIA = range(20_000, 30_000, 400)  # behind them come the ports of SIPp's media
FAX_MEDIA = 40  # of these ports, for faxes by T.38
_taken: list[int] = []  # descriptors of locked files


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """For the rest of this process's life: a phone listens at its port only while it is called, and meanwhile nobody
    else's, of another Asterisk beside this one, may be there.
    """
    while True:
        port = random.SystemRandom().choice(PORTS)
        if not _is_ours_alone(str(port)):
            continue
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, kind) as probe:
            probe.bind(("127.0.0.1", port))
            return port


def _free_media() -> tuple[int, int]:
    """First and last port for the media of one Asterisk, nobody else's for the rest of this process's life."""
    while True:
        first = random.SystemRandom().choice(MEDIA)
        if _is_ours_alone(f"media-{first}"):
            return first, first + MEDIA.step - FAX_MEDIA - 2


def _is_ours_alone(name: str) -> bool:
    folder = Path(tempfile.gettempdir()) / f"jackfield-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    file = os.open(folder / name, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return False
    _taken.append(file)
    return True


@dataclass(frozen=True, slots=True)
class Room:
    """Phones that one test has."""

    phones: list[str]  # endpoints of Asterisk
    ports: list[int]  # at each a SIPp answers for one of them
    outside: str
    outside_port: int  # there a SIPp answers for every number outside


@dataclass(slots=True)
class Pbx:
    folder: Path
    sip_port: int
    http_port: int
    rooms: list[Room]
    rtp: tuple[int, int]
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def configured(cls, folder: Path, phones: int = AGENTS, more: Mapping[str, str] | None = None) -> "Pbx":
        """More phones than AGENTS answer at one place. `more`: text behind that of a file of its configuration."""
        rooms = [_room(number, [free_port(socket.SOCK_DGRAM) for _ in range(AGENTS)]) for number in range(ROOMS)]
        rtp = _free_media()
        if phones > AGENTS:
            rooms, rtp = [_room(0, [free_port(socket.SOCK_DGRAM)] * phones)], (20_000, 29_998 - FAX_MEDIA)
        pbx = cls(folder, free_port(socket.SOCK_DGRAM), free_port(), rooms, rtp)
        for name in (
            "etc",
            "varlib/documentation",
            "spool/recording",
            "spool/tmp",
            "run",
            "log",
            "agi",
        ):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name, text in pbx._files().items():
            (folder / "etc" / name).write_text(text + (more or {}).get(name, ""))
        share = TREE / "usr/share/asterisk/conf"
        for name in ("features.conf", "indications.conf", "acl.conf", "ccss.conf", "codecs.conf", "cel.conf"):
            if (share / name).exists():
                shutil.copy(share / name, folder / "etc" / name)
        return pbx

    def next_room(self) -> Room:
        """The one that was used longest ago."""
        self.rooms.append(self.rooms.pop(0))
        return self.rooms[-1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/ari"

    def _files(self) -> dict[str, str]:
        modules = TREE / "usr/lib/x86_64-linux-gnu/asterisk/modules"
        share = TREE / "usr/share/asterisk"
        of = self.folder
        places = {
            "astetcdir": of / "etc", "astmoddir": modules, "astvarlibdir": of / "varlib", "astdbdir": of / "varlib",
            "astkeydir": of / "varlib", "astdatadir": share, "astagidir": of / "agi", "astspooldir": of / "spool",
            "astrundir": of / "run", "astlogdir": of / "log",
        }  # fmt: skip
        endpoints = [
            pair
            for room in self.rooms
            for pair in [*zip(room.phones, room.ports, strict=True), (room.outside, room.outside_port)]
        ]
        phones = "\n".join(_phone(name, port) for name, port in endpoints)
        return {
            "asterisk.conf": "[directories]\n" + "\n".join(f"{name} => {path}" for name, path in places.items())
            + "\n[options]\nverbose = 2\nmaxfiles = 65535\n",
            "modules.conf": "[modules]\nautoload=yes\n" + "".join(f"noload = {name}.so\n" for name in LOADED_NOT),
            "logger.conf": "[general]\n[logfiles]\nfull => notice,warning,error,verbose\n",
            "http.conf": asterisk_config.HTTP.replace("8088", str(self.http_port)),
            "ari.conf": asterisk_config.ari(ARI_USER, ARI_PASSWORD),
            "rtp.conf": f"[general]\nrtpstart={self.rtp[0]}\nrtpend={self.rtp[1]}\nstrictrtp=no\n",
            "udptl.conf": f"[general]\nudptlstart={self.rtp[1] + 2}\nudptlend={self.rtp[1] + FAX_MEDIA}\n",
            "res_fax.conf": "[general]\n",
            "pjsip.conf": PJSIP.format(port=self.sip_port, context=APPLICATION)
            + phones,
            "extensions.conf": "[general]\nstatic=yes\nwriteprotect=yes\n" + asterisk_config.dialplan(APPLICATION),
            "musiconhold.conf": f"[default]\nmode=files\ndirectory={share}/moh\n",
            "cdr.conf": "[general]\nenable=no\n",
            "stasis.conf": "", "confbridge.conf": "[general]\n", "queues.conf": "[general]\n",
            "manager.conf": "[general]\nenabled = no\n",
        }  # fmt: skip

    def _command(self, *arguments: str) -> list[str]:
        libraries = TREE / "usr/lib/x86_64-linux-gnu"
        loader = str(libraries / "ld-linux-x86-64.so.2")
        asterisk = str(TREE / "usr/sbin/asterisk")
        return [
            loader,
            "--library-path",
            str(libraries),
            asterisk,
            "-C",
            str(self.folder / "etc/asterisk.conf"),
            *arguments,
        ]

    def start(self) -> None:
        with (self.folder / "log/stdout").open("ab") as out:
            self.process = subprocess.Popen(self._command("-f"), stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        until_s = time.monotonic() + START_S
        while time.monotonic() < until_s:
            if "fully booted" in self.say("core waitfullybooted"):
                return
            time.sleep(0.1)
        raise AssertionError(f"Asterisk did not start:\n{(self.folder / 'log/stdout').read_text()[-3000:]}")

    def say(self, command: str) -> str:
        """A word on its console, and the answer."""
        return subprocess.run(
            self._command("-rx", command), capture_output=True, text=True, timeout=20, check=False
        ).stdout  # fmt: skip

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(20)

    def bridges(self) -> list[list[str]]:
        """The channels in each."""
        with httpx2.Client(auth=httpx2.BasicAuth(ARI_USER, ARI_PASSWORD), timeout=5) as client:
            return [bridge["channels"] for bridge in client.get(f"{self.url}/bridges").json()]

    def bridged(self) -> list[str]:
        """Channels that are in a bridge."""
        return [channel for members in self.bridges() for channel in members]

    def up(self) -> list[str]:
        """Channels that were picked up."""
        with httpx2.Client(auth=httpx2.BasicAuth(ARI_USER, ARI_PASSWORD), timeout=5) as client:
            return [each["id"] for each in client.get(f"{self.url}/channels").json() if each["state"] == "Up"]

    def tells_not(self, kind: str) -> None:
        """Events of this kind no longer come to our application, until it connects anew."""
        with httpx2.Client(auth=httpx2.BasicAuth(ARI_USER, ARI_PASSWORD), timeout=5) as client:
            filtered = {"disallowed": [{"type": kind}]}
            client.put(f"{self.url}/applications/{APPLICATION}/eventFilter", json=filtered).raise_for_status()

    def left(self) -> dict[str, list[str]]:
        """Channels and bridges that live."""
        auth = httpx2.BasicAuth(ARI_USER, ARI_PASSWORD)
        with httpx2.Client(auth=auth, timeout=5) as client:
            return {
                "channels": [each["id"] for each in client.get(f"{self.url}/channels").json()],
                "bridges": [each["id"] for each in client.get(f"{self.url}/bridges").json()],
            }


PJSIP = """\
[global]
type=global
endpoint_identifier_order=username,auth_username,ip,anonymous
[transport-udp]
type=transport
protocol=udp
bind=127.0.0.1:{port}
[trunk]
type=endpoint
transport=transport-udp
context={context}
disallow=all
allow=ulaw,alaw
direct_media=no
dtmf_mode=rfc4733
rtp_symmetric=yes
t38_udptl=yes
t38_udptl_ec=redundancy
aors=trunk
[trunk]
type=aor
[trunk]
type=identify
endpoint=trunk
match=127.0.0.1
"""


def _room(number: int, ports: list[int]) -> Room:
    first = number * AGENTS + 1
    names = [f"sip{first + place}" for place in range(len(ports))]
    return Room(names, ports, f"outside{number + 1}", free_port(socket.SOCK_DGRAM))


def _phone(name: str, port: int) -> str:
    """A phone with a known place, as SIPp plays it."""
    return f"""\
[{name}]
type=endpoint
transport=transport-udp
context=jackfield-phones
disallow=all
allow=ulaw
direct_media=no
dtmf_mode=rfc4733
rtp_symmetric=yes
aors={name}
[{name}]
type=aor
contact=sip:{name}@127.0.0.1:{port}
"""
