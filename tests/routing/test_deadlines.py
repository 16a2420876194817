"""Does the wheel of deadlines answer what a sorted list answers, however often a deadline is moved?"""

from random import Random

import pytest

from contacts.words import SECOND_US
from routing.deadlines import KINDS, NEVER, Wheel, due
from tests.routing.test_nothing_kept import all_of


@pytest.mark.parametrize("seconds", [1, 20], ids=["all within one second", "over twenty seconds"])
def test_the_first_deadline_is_the_smallest_of_those_not_moved_away(seconds: int) -> None:
    chance, wheel = Random(seconds), Wheel()
    plain: dict[str, int] = {}
    for _ in range(3_000):
        subject_id = f"stay-{chance.randrange(20)}"
        new = NEVER if chance.random() < 0.3 else due(chance.randrange(seconds * SECOND_US), chance.choice(KINDS))
        if new == plain.get(subject_id, NEVER):
            continue
        wheel.move(subject_id, plain.pop(subject_id, NEVER), new)
        if new != NEVER:
            plain[subject_id] = new

        expected = sorted((due, subject_id) for subject_id, due in plain.items())
        assert wheel.first() == (expected[0] if expected else None)
        assert wheel.all() == expected


def test_deadlines_that_were_moved_away_are_not_kept_for_ever() -> None:
    """Within the first second, where they stand in a heap."""
    wheel = Wheel()
    wheel.move("first", NEVER, due(1, "limit"))
    for at_us in range(2, 10_000):
        wheel.move("other", NEVER if at_us == 2 else due(at_us - 1, "limit"), due(at_us, "limit"))
        assert wheel.first() == (due(1, "limit"), "first")

    assert len([each for each in all_of(wheel) if isinstance(each, tuple)]) < 100
