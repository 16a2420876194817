"""How badly do the lines and the provider behave? Shares of the messages, drawn from a seed."""

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Faults:
    """All zero: a provider without a fault. Shares are 0..1; the switch `silent` may be thrown while it runs."""

    seed: int = 1
    silent: bool = False  # takes commands and reports nothing at all
    silent_share: float = 0.0  # of connect commands: taken, and never heard of again
    slow_s: float = 0.0  # each webhook leaves up to so much later
    repeat_share: float = (
        0.0  # of webhooks: sent twice with the same id; of events: reported again with the same number
    )
    reorder_share: float = 0.0  # of events after a leg's first: overtaken by what comes later
    lose_share: float = 0.0  # of webhooks: lost at the first try, sent again with the same id after lose_s
    lose_s: float = 1.0
    cut_share: float = 0.0  # of what visitors, mail servers say and hear: the line is cut behind it, nothing is heard
    _chance: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def strikes(self, share: float) -> bool:
        return share > 0 and self._chance.random() < share

    def delay_s(self) -> float:
        return self._chance.random() * self.slow_s if self.slow_s else 0.0
