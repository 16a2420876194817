"""Who is first? Places and orders, computed by hand.

Seconds count from the scene's start; places are relative to it.
"""

from dataclasses import dataclass

Table = tuple[tuple[int, int], ...]  # head start: (value at least, points)

# (what, table, rate, value, arrived at s (None = at 600 s, now), place in us)
PLACES: list[tuple[str, Table, int, int, int | None, int]] = [
    # Without a table the place is the arrival.
    ("no table", (), 1, 80, 100, 100_000_000),
    ("no table, no earlier arrival", (), 1, 0, None, 600_000_000),
    # The last row that fits counts; 49 reaches only the row of 0.
    ("below the step", ((0, 0), (50, 120), (80, 600)), 1, 49, 100, 100_000_000),
    # 100 s - 120 points / 1 per s = -20 s
    ("on the step", ((0, 0), (50, 120), (80, 600)), 1, 50, 100, -20_000_000),
    # 100 s - 600 points / 1 per s = -500 s
    ("on the last step", ((0, 0), (50, 120), (80, 600)), 1, 80, 100, -500_000_000),
    ("above the last step", ((0, 0), (50, 120), (80, 600)), 1, 100, 100, -500_000_000),
    ("below the first step", ((20, 30),), 1, 19, 0, 0),
    # 100 points at 4 a second are worth 25 s.
    ("a faster rate makes points worth less time", ((0, 100),), 4, 0, 0, -25_000_000),
    # 100,000,000 // 3 = 33,333,333 (and a third): 0 - 33,333,333
    ("rounded down before it is subtracted", ((0, 100),), 3, 0, 0, -33_333_333),
    # 120,000,000 // 7 = 17,142,857 (.14): 600,000,000 - 17,142,857
    ("rounded down, from now", ((0, 120),), 7, 0, None, 582_857_143),
]


@dataclass(frozen=True)
class Line:
    rate: int = 1
    head_start: Table = ()
    promise_s: int = 900_000


@dataclass(frozen=True)
class Came:
    """A stay enqueued at `queued_s`; `arrived_s` is earlier where it was inherited."""

    name: str
    queued_s: int
    queue: str = "a"
    value: int = 0
    arrived_s: int | None = None


@dataclass(frozen=True)
class Order:
    what: str
    at_s: int
    lines: dict[str, Line]
    came: list[Came]
    expected: str


ORDERS = [
    Order(
        "first come, first served", 100, {"a": Line()},
        [Came("x", 10), Came("y", 20), Came("z", 30)],
        "x y z",
    ),
    Order(
        # x: 100 - 0 = 100.  y: place 50 - 60 = -10, so 110.  z: place 70 - 60 = 10, so 90.
        "a head start overtakes by its seconds and no more", 100, {"a": Line(head_start=((50, 60),))},
        [Came("x", 0), Came("y", 50, value=50), Came("z", 70, value=60)],
        "y x z",
    ),
    Order(
        # x: (80 - 0) x 1 = 80.  y: (80 - 60) x 3 = 60.
        "a faster line catches up: not yet", 80, {"a": Line(), "b": Line(rate=3)},
        [Came("x", 0), Came("y", 60, "b")],
        "x y",
    ),
    Order(
        # x: (90 - 0) x 1 = 90.  y: (90 - 60) x 3 = 90.  A tie: x was queued first.
        "a faster line catches up: a tie goes to the earlier queued", 90, {"a": Line(), "b": Line(rate=3)},
        [Came("x", 0), Came("y", 60, "b")],
        "x y",
    ),
    Order(
        # y: (90 - 0) x 1 = 90.  x: (90 - 60) x 3 = 90.  A tie: y was queued first, whatever their names.
        "in a tie of two rates names do not count before the queue", 90, {"a": Line(), "b": Line(rate=3)},
        [Came("y", 0), Came("x", 60, "b")],
        "y x",
    ),
    Order(
        # x: (91 - 0) x 1 = 91.  y: (91 - 60) x 3 = 93.
        "a faster line catches up: now", 91, {"a": Line(), "b": Line(rate=3)},
        [Came("x", 0), Came("y", 60, "b")],
        "y x",
    ),
    Order(
        # 100 points at rate 2 are 50 s: y's place is 50.  At 120: x = 120, y = (120 - 50) x 2 = 140, z = 119.
        "points are of the queue's own rate", 120, {"a": Line(), "b": Line(rate=2, head_start=((0, 100),))},
        [Came("x", 0), Came("z", 1), Came("y", 100, "b")],
        "y x z",
    ),
    Order(
        # Same place, same second: the contact's number decides, not who was enqueued first.
        "a full tie goes to the smaller contact number", 50, {"a": Line()},
        [Came("y", 10), Came("x", 10)],
        "x y",
    ),
    Order(
        # y came from another queue: it arrived at 0 and keeps that.
        "an inherited arrival counts", 100, {"a": Line(), "b": Line()},
        [Came("x", 10), Came("y", 50, "b", arrived_s=0)],
        "y x",
    ),
    Order(
        # Both have waited since 10; y was queued later: x is first in the tie, whatever their names.
        "an inherited arrival ties with an equal one, and the earlier queued goes first", 100,
        {"a": Line(), "b": Line()},
        [Came("y", 10), Came("x", 50, "b", arrived_s=10)],
        "y x",
    ),
    Order(
        # Promises: x 0 + 100 = 100, y 50 + 30 = 80.  At 120 both are overdue, so they go before z, which
        # has (120 - 10) x 8 = 880 points against 120 and 70.
        "overdue goes before everything, and the older promise first", 120,
        {"a": Line(promise_s=100), "b": Line(promise_s=30), "c": Line(rate=8)},
        [Came("x", 0, "a"), Came("z", 10, "c"), Came("y", 50, "b")],
        "y x z",
    ),
    Order(
        # y is promised 50 + 30 = 80 and not overdue at 79; x is promised 0 + 60 = 60 and overdue.
        # Of the rest z has 79 x 2 = 158 points and y has 29.
        "not overdue a second before the promise", 79,
        {"a": Line(promise_s=60), "b": Line(promise_s=30), "c": Line(rate=2)},
        [Came("x", 0, "a"), Came("z", 0, "c"), Came("y", 50, "b")],
        "x z y",
    ),
    Order(
        # Both promised 10 + 60 = 70.  Places: x 10, y 10 - 40 = -30.
        "one promise for two: the better place goes first", 100, {"a": Line(promise_s=60, head_start=((50, 40),))},
        [Came("x", 10), Came("y", 10, value=50)],
        "y x",
    ),
    Order(
        # The promise is counted from queued (50 + 30 = 80), not from the inherited arrival; x is promised 75.
        "a promise begins in the queue", 100, {"a": Line(promise_s=65), "b": Line(promise_s=30)},
        [Came("x", 10, "a"), Came("y", 50, "b", arrived_s=0)],
        "x y",
    ),
    Order(
        # Both promised 70.  At 100: x (100 - 10) x 1 = 90 points, y (100 - 40) x 3 = 180.
        "one promise for two rates: the more points go first", 100,
        {"a": Line(promise_s=60), "b": Line(rate=3, promise_s=30)},
        [Came("x", 10), Came("y", 40, "b")],
        "y x",
    ),
    Order(
        # Both promised 70.  Places: y 10 - 100 = -90, x 40.  At 100: y 190 points, x (100 - 40) x 2 = 120.
        "one promise for two rates: a head start counts", 100,
        {"a": Line(promise_s=60, head_start=((0, 100),)), "b": Line(rate=2, promise_s=30)},
        [Came("y", 10), Came("x", 40, "b")],
        "y x",
    ),
    Order(
        # Both promised 90.  At 100: y (100 - 10) x 1 = 90 points, x (100 - 70) x 3 = 90: a tie.
        "one promise for two rates: a tie goes to the earlier queued", 100,
        {"a": Line(promise_s=80), "b": Line(rate=3, promise_s=20)},
        [Came("y", 10), Came("x", 70, "b")],
        "y x",
    ),
]  # fmt: skip
