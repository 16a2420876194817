"""How often may somebody ask? A moving bound per key or session, and a tighter one on logins."""

import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from app.problems import Problem
from app.settings import Settings

LOGINS_OF_AN_ADDRESS = 20  # a whole office may stand behind one address: so many times the bound of one login
LOOKS_OF_AN_ADDRESS = 300  # visitors of chat widgets, a minute: an office, or a mobile network's gateway
NEW_VISITORS_OF_AN_ADDRESS = 60
QUESTIONS_OF_AN_ADDRESS = 120  # to the FAQ
CHATS_OF_A_VISITOR = 10


class Limiting:
    """In this process' memory: with several processes the bound is that of each."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._asks = RateLimitItemPerMinute(settings.rate_limit_per_minute)
        self._logins = RateLimitItemPerMinute(settings.login_attempts_per_minute)
        self._logins_of_address = RateLimitItemPerMinute(settings.login_attempts_per_minute * LOGINS_OF_AN_ADDRESS)
        self._looks = RateLimitItemPerMinute(LOOKS_OF_AN_ADDRESS)
        self._new_visitors = RateLimitItemPerMinute(NEW_VISITORS_OF_AN_ADDRESS)
        self._questions = RateLimitItemPerMinute(QUESTIONS_OF_AN_ADDRESS)
        self._chats = RateLimitItemPerMinute(CHATS_OF_A_VISITOR)

    async def ask(self, who: str) -> None:
        """Raises Problem 429."""
        await self._hit(self._asks, "ask", who)

    async def log_in(self, login: str, address: str) -> None:
        """Raises Problem 429."""
        await self._hit(self._logins_of_address, "address", address)
        await self._hit(self._logins, "login", login.lower())

    async def look(self, address: str) -> None:
        """A visitor of a site. Raises Problem 429."""
        await self._hit(self._looks, "look", address)

    async def search(self, address: str) -> None:
        """A visitor of a site asks the FAQ. Raises Problem 429."""
        await self._hit(self._questions, "question", address)

    async def come_in(self, visitor_id: str | None, address: str) -> None:
        """A chat or a message of a visitor; None: of one who is new. Raises Problem 429."""
        if visitor_id is None:
            await self._hit(self._new_visitors, "new_visitor", address)
        else:
            await self._hit(self._chats, "visitor", visitor_id)

    async def _hit(self, item: RateLimitItem, *who: str) -> None:
        if await self._limiter.hit(item, *who):
            return
        reset_at_s = (await self._limiter.get_window_stats(item, *who)).reset_time
        wait_s = max(1, int(reset_at_s - time.time()) + 1)
        raise Problem(429, "rate.limited", f"More than {item.amount} a minute", headers={"Retry-After": str(wait_s)})
