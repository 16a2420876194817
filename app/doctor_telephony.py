"""Can calls be taken? What could be wrong with the Asterisks that are connected, and with the voice of the prompts."""

import shutil
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
import asyncpg

from app.seals import BrokenSeal, unseal

ANSWER_S = 5.0
CONNECTED = "SELECT name, url, username, sealed FROM asterisk WHERE archived_at IS NULL ORDER BY id LIMIT 100"
THERE = "SELECT to_regclass('asterisk') IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    state: Literal["ok", "warn", "fail"]
    saw: str
    cure: str = ""


async def examine_telephony(connection: "asyncpg.Connection[Any]", signing_key: bytes) -> list[Finding]:
    """Nothing is found where no Asterisk is connected. The websocket is left alone: it belongs to the server."""
    if not await connection.fetchval(THERE):
        return []
    rows = await connection.fetch(CONNECTED)
    if not rows:
        return []
    return [judge_voice(shutil.which("espeak-ng")), *[await _asterisk(row, signing_key) for row in rows]]


def judge_voice(command: str | None) -> Finding:
    if command is None:
        return Finding("voice", "fail", "no espeak-ng: flows say nothing", "install it (apt-get install espeak-ng)")
    return Finding("voice", "ok", command)


async def _asterisk(row: "asyncpg.Record", signing_key: bytes) -> Finding:
    name = f"asterisk {row['name']}"
    try:
        password = unseal(signing_key, row["sealed"])
    except BrokenSeal:
        return Finding(name, "fail", "its password was sealed by another secret key", "give the password anew")
    headers = {"Authorization": aiohttp.encode_basic_auth(row["username"], password)}
    try:
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        url = f"{row['url'].rstrip('/')}/asterisk/info"
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session, session.get(url) as answer:
            said = await answer.json(content_type=None) if answer.status == 200 else None
            return judge_answer(name, answer.status, said)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as away:
        return Finding(name, "fail", f"{row['url']}: {type(away).__name__}", "start it, or correct its url")


def judge_answer(name: str, status: int, said: Any) -> Finding:
    if status in (401, 403):
        return Finding(name, "fail", f"answers {status}", "correct user and password: ari.conf, PATCH /v1/asterisks")
    if status != 200 or not isinstance(said, dict):
        return Finding(name, "fail", f"answers {status}", "the url ends in /ari, and res_ari is loaded")
    return Finding(name, "ok", str(said.get("system", {}).get("version", "of unknown version")))
