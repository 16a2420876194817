"""Can faxes come and go? The modules of the Asterisks that are connected, and the folder that both sides write in.

Only where faxes are wanted: a number of kind fax, or one that was sent.
"""

import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from app.doctor_telephony import ANSWER_S, CONNECTED, THERE, Finding
from app.seals import BrokenSeal, unseal

MODULES = ("res_fax.so", "res_fax_spandsp.so")
WANTED = """
    SELECT EXISTS (SELECT 1 FROM number WHERE kind = 'fax' AND archived_at IS NULL)
        OR EXISTS (SELECT 1 FROM fax WHERE direction = 'out')
"""


async def examine_fax(connection: "asyncpg.Connection[Any]", signing_key: bytes, folder: Path) -> list[Finding]:
    if not await connection.fetchval(THERE) or not await connection.fetchval(WANTED):
        return []
    found = [judge_folder(folder, *look_at(folder))]
    rows = await connection.fetch(CONNECTED)
    if not rows:
        cure = "connect one: POST /v1/asterisks"
        return [*found, Finding("fax", "warn", "no Asterisk is connected: faxes come from a fax server alone", cure)]
    return [*found, *[await _modules(row, signing_key) for row in rows]]


def look_at(folder: Path) -> tuple[bool, bool, int]:
    """(is there, we can write in it, its mode)."""
    if not folder.is_dir():
        return False, False, 0
    try:
        with tempfile.TemporaryFile(dir=folder):
            can_write = True
    except OSError:
        can_write = False
    return True, can_write, stat.S_IMODE(os.stat(folder).st_mode)


def judge_folder(folder: Path, is_there: bool, can_write: bool, mode: int) -> Finding:
    name = "fax folder"
    if not is_there:
        cure = "make it where Asterisk finds it under the same path, or set JACKFIELD_FAX_DIR"
        return Finding(name, "fail", f"{folder} is not there", cure)
    if not can_write:
        return Finding(name, "fail", f"{folder} cannot be written in", "let Jackfield's user write in it")
    if not mode & (stat.S_IWGRP | stat.S_IWOTH):
        saw = f"only its owner writes in {folder} (mode {mode:04o})"
        return Finding(name, "warn", saw, "let Asterisk's user write in it: a group of both, chmod 2770")
    return Finding(name, "ok", str(folder))


async def _modules(row: "asyncpg.Record", signing_key: bytes) -> Finding:
    name = f"fax by {row['name']}"
    try:
        password = unseal(signing_key, row["sealed"])
    except BrokenSeal:
        return Finding(name, "fail", "its password was sealed by another secret key", "give the password anew")
    headers = {"Authorization": aiohttp.encode_basic_auth(row["username"], password)}
    timeout = aiohttp.ClientTimeout(total=ANSWER_S)
    stands: dict[str, str | None] = {}
    try:
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            for module in MODULES:
                async with session.get(f"{row['url'].rstrip('/')}/asterisk/modules/{module}") as answer:
                    said = await answer.json(content_type=None) if answer.status == 200 else {}
                    stands[module] = str(said.get("status")) if answer.status == 200 else None
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as away:
        return Finding(name, "fail", f"{row['url']}: {type(away).__name__}", "start it, or correct its url")
    return judge_modules(name, stands)


def judge_modules(name: str, stands: dict[str, str | None]) -> Finding:
    """`stands`: what Asterisk says of each; None: it is not loaded."""
    lacking = [module for module, status in stands.items() if status != "Running"]
    if lacking:
        cure = f"module load {lacking[0]}; install the package that has it, and modules.conf must not forbid it"
        return Finding(name, "fail", f"{', '.join(lacking)}: not running", cure)
    return Finding(name, "ok", ", ".join(stands))
