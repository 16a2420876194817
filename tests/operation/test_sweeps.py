"""Is every silent leg asked about, however many there are?"""

from app.sweeps import LEGS_ASKED_MAX, longest_unasked
from contacts.leg import Leg


def test_every_silent_leg_is_asked_about_before_one_is_asked_about_again() -> None:
    """Long calls are silent legs, too: nothing happens on them, and they are asked about again and again."""
    legs = [Leg(str(n), 1, "c", "p", f"r{n}", "customer", "established") for n in range(LEGS_ASKED_MAX * 5 // 2)]
    asked_at: dict[str, float] = {}
    rounds: list[list[Leg]] = []
    for now in (1.0, 2.0, 3.0):
        rounds.append(longest_unasked(legs, asked_at))
        asked_at |= {leg.id: now for leg in rounds[-1]}

    assert {leg.id for asked in rounds for leg in asked} == {leg.id for leg in legs}
    assert all(len(asked) <= LEGS_ASKED_MAX for asked in rounds)
