"""What time is it for the server? Business time may be scaled; transport time never is."""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """As a desk's `welcome` told it: business time `now_ms` at the monotonic instant `at_s`."""

    now_ms: int
    at_s: float
    speed: float = 1.0

    def business_ms(self) -> int:
        return self.now_ms + round((time.monotonic() - self.at_s) * 1000 * self.speed)

    def real_s(self, business_s: float) -> float:
        """So long does it take here."""
        return business_s / self.speed

    def real_s_until(self, business_ms: int) -> float:
        return (business_ms - self.business_ms()) / 1000 / self.speed
