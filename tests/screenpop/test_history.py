"""Does a page that was away get all that it missed, and what is that?"""

from screenpop.feed import HISTORY_EVENTS_MAX, HISTORY_US_MAX, History
from screenpop.model import FLOOR
from screenpop.scope import ALL


def history() -> History:
    made = History()
    made.start(10)
    made.add(11, 0, {"ann": {"me"}, FLOOR: {"agent/ann"}})
    made.add(14, 0, {"bob": {"me"}})
    made.add(14, 0, {FLOOR: {"queue/q"}}, beside=True)
    made.add(14, 0, {})  # a turn of refusals moves no position
    made.add(15, 0, {FLOOR: {"contact/c"}})
    return made


def test_what_came_after_the_pages_position_is_missing() -> None:
    assert history().since(10, "ann") == {"me"}
    assert history().since(11, "ann") == set()
    assert history().since(10, ALL) == {"agent/ann", "queue/q", "contact/c"}


def test_what_came_beside_the_log_at_the_pages_position_may_be_missing() -> None:
    """The page may have been cut off before it or after: the record is sent once more."""
    assert history().since(14, ALL) == {"queue/q", "contact/c"}
    assert history().since(15, ALL) == set()


def test_memory_reaches_back_so_far_and_says_where_it_ends() -> None:
    made = history()
    assert made.since(9, ALL) is None
    made.add(16, HISTORY_US_MAX + 1, {FLOOR: {"agent/bob"}})
    assert made.since(14, ALL) is None
    assert made.since(15, ALL) == {"agent/bob"}

    made.add(17 + HISTORY_EVENTS_MAX, HISTORY_US_MAX + 1, {})
    assert made.since(15, ALL) is None
