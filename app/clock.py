"""What time is it for the business? One clock decides: wall clock at takeover + monotonic since, never going back."""

import time
from dataclasses import dataclass


@dataclass(slots=True)
class BusinessClock:
    """business = business_start + (wall - wall_start) * speed; speed 1 and equal starts in production."""

    speed: int = 1
    business_start_us: int = 0
    wall_start_us: int = 0
    _wall_us: int = 0
    _monotonic_ns: int = 0
    _last_us: int = 0

    def start(self, not_before_us: int = 0) -> None:
        """From here on the machine's wall clock may jump as it likes."""
        self._wall_us = time.time_ns() // 1000
        self._monotonic_ns = time.monotonic_ns()
        self._last_us = max(not_before_us, 0)

    def now_us(self) -> int:
        wall_us = self._wall_us + (time.monotonic_ns() - self._monotonic_ns) // 1000
        now_us = self.business_start_us + (wall_us - self.wall_start_us) * self.speed
        self._last_us = max(self._last_us, now_us)
        return self._last_us

    def real_s_until(self, at_us: int) -> float:
        return max(0.0, (at_us - self.now_us()) / self.speed / 1_000_000)
