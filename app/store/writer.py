"""Which process may write? The one that holds the epoch: a row, a heartbeat and a fence (schema.md, 'The writer').

The session's settings are part of the promise. A holder that is stopped inside a transaction blocks the takeover for
1.5 s and not for ever; one killed inside a statement is noticed in half a second. The planner is told that looking up a
row by its key is the one good way: on a young table it would read the whole table instead, and keep that plan.
"""

import asyncio
import time
from dataclasses import dataclass

import asyncpg

from app.store.database import APP_ROLE, COMMON_SETTINGS, CONNECT_TIMEOUT_S
from app.store.faults import ConnectionLost, told_apart

SILENT_S = 1.0  # without a beat for so long, this process sends nothing
STATEMENT_WAIT_S = 3.0  # longer than the server's own limit, so that its answer comes first
CLOSE_WAIT_S = 1.0
_NEVER = float("-inf")

SETTINGS = {
    **COMMON_SETTINGS,
    "application_name": "jackfield writer",
    "role": APP_ROLE,
    "idle_in_transaction_session_timeout": "1500ms",
    "statement_timeout": "2s",
    "lock_timeout": "1s",
    "tcp_user_timeout": "2000",
    "client_connection_check_interval": "500ms",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_material": "off",
    "random_page_cost": "0.01",
    "plan_cache_mode": "force_generic_plan",
}

# A glance without any lock: whoever only waits for the writer's end must not stand in its way.
SOMEBODY_LIVES = """
SELECT 1 FROM writer_beat WHERE domain_id = $1 AND renewed_at > clock_timestamp() - interval '2 s'
"""
WAIT_FOR_THE_TURN_IN_FLIGHT = "SELECT epoch FROM writer WHERE domain_id = $1 FOR UPDATE"
TAKE = """
UPDATE writer SET epoch = epoch + 1, owner = $2 WHERE domain_id = $1 AND NOT EXISTS
  (SELECT 1 FROM writer_beat b WHERE b.domain_id = $1 AND b.renewed_at > clock_timestamp() - interval '2 s')
RETURNING epoch
"""
# A clean stop has left -infinity and the instant it was at.
LAST_SIGN_OF_LIFE = """
SELECT extract(epoch FROM clock_timestamp() - greatest(nullif(renewed_at, '-infinity'), released_at))::float8
FROM writer_beat WHERE domain_id = $1
"""
FIRST_BEAT = """
INSERT INTO writer_beat VALUES ($1, $2, clock_timestamp())
ON CONFLICT (domain_id) DO UPDATE SET epoch = excluded.epoch, renewed_at = excluded.renewed_at
"""
TAKE_AGAIN = "UPDATE writer SET epoch = epoch + 1 WHERE domain_id = $1 AND epoch = $2 RETURNING epoch"
BEAT = "UPDATE writer_beat SET renewed_at = clock_timestamp() WHERE domain_id = $1 AND epoch = $2"
RELEASE = """
UPDATE writer_beat SET renewed_at = '-infinity', released_at = clock_timestamp() WHERE domain_id = $1 AND epoch = $2
"""


@dataclass(slots=True)
class WriterSession:
    """Two connections of the turn loop's own, each used by one task at a time."""

    url: str
    domain_id: int = 0
    owner: str = ""
    epoch: int = 0  # 0: holds nothing
    last_beat_at: float = _NEVER  # monotonic, taken before the beat was sent
    outage_s: float = 0.0  # how long the domain was without a writer before our takeover
    _conn: asyncpg.Connection | None = None
    _beside: asyncpg.Connection | None = None

    @property
    def conn(self) -> asyncpg.Connection:
        """The turn is written on it. Raises ConnectionLost."""
        return _alive(self._conn)

    @property
    def beside(self) -> asyncpg.Connection:
        """The next turn looks on it at what was answered, while one is written. Raises ConnectionLost."""
        return _alive(self._beside)

    async def reconnect(self) -> None:
        """New connections; what became of the old one's last statement is unknown. Raises ConnectionLost."""
        await self._close()
        with told_apart():
            self._conn = await self._connect()
            self._beside = await self._connect()

    async def _connect(self) -> asyncpg.Connection:
        # Statements are ours and few: none is too long to be kept, and none grows old.
        return await asyncpg.connect(
            self.url,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=STATEMENT_WAIT_S,
            server_settings=SETTINGS,
            statement_cache_size=200,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=0,
        )

    async def try_takeover(self, domain_id: int, owner: str) -> int | None:
        """The new epoch, or None while another holder lives. Raises ConnectionLost."""
        if self._conn is None or self._conn.is_closed():
            await self.reconnect()
        with told_apart():
            if await self.conn.fetchval(SOMEBODY_LIVES, domain_id):
                return None
            sent_at = time.monotonic()
            async with self.conn.transaction():
                await self.conn.fetchval(WAIT_FOR_THE_TURN_IN_FLIGHT, domain_id)
                epoch = await self.conn.fetchval(TAKE, domain_id, owner)
                if epoch is None:
                    return None
                outage_s = await self.conn.fetchval(LAST_SIGN_OF_LIFE, domain_id)
                await self.conn.execute(FIRST_BEAT, domain_id, epoch)
        self.domain_id, self.owner, self.epoch = domain_id, owner, int(epoch)
        self.last_beat_at, self.outage_s = sent_at, max(0.0, outage_s or 0.0)
        return self.epoch

    async def beat(self) -> bool:
        """False: somebody else holds the domain. Raises ConnectionLost."""
        sent_at = time.monotonic()
        with told_apart():
            status = await self.conn.execute(BEAT, self.domain_id, self.epoch)
        if status != "UPDATE 1":
            return False
        self.last_beat_at = sent_at
        return True

    async def renew(self) -> bool:
        """After an answer that never came: the statement may be on its way still, and shall not find its epoch.

        False: somebody else holds the domain. Raises ConnectionLost.
        """
        sent_at = time.monotonic()
        with told_apart():
            async with self.conn.transaction():
                epoch = await self.conn.fetchval(TAKE_AGAIN, self.domain_id, self.epoch)
                if epoch is None:
                    return False
                await self.conn.execute(FIRST_BEAT, self.domain_id, epoch)
        self.epoch, self.last_beat_at = int(epoch), sent_at
        return True

    def may_send(self) -> bool:
        """By our own clock: somebody else may hold the domain 2 s after our last beat."""
        return time.monotonic() - self.last_beat_at <= SILENT_S

    async def release(self) -> None:
        """A clean stop hands over at once. Without a database there is nothing to hand over."""
        epoch, self.epoch, self.last_beat_at = self.epoch, 0, _NEVER
        if epoch and self._conn is not None and not self._conn.is_closed():
            try:
                with told_apart():
                    await self._conn.execute(RELEASE, self.domain_id, epoch)
            except ConnectionLost:
                pass  # the others wait 2 s
        await self._close()

    async def _close(self) -> None:
        conns, self._conn, self._beside = (self._conn, self._beside), None, None
        for conn in conns:
            if conn is not None and not conn.is_closed():
                await _close(conn)


def _alive(conn: asyncpg.Connection | None) -> asyncpg.Connection:
    if conn is None or conn.is_closed():
        raise ConnectionLost("not connected")
    return conn


async def _close(conn: asyncpg.Connection) -> None:
    try:
        async with asyncio.timeout(CLOSE_WAIT_S):
            await conn.close()
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        conn.terminate()
