"""What happens when? Timelines computed by hand.

A row is: second, what is done then, and everything that was said since the row before, in order, in short:
`x>ann` offered · `x<ann why` the offer is over · `x overdue` · `x widened` · `x over why` · `ann flagged` ·
`x>ann extended 50` (until) · `x back` handed back · `ann unreachable` by a connect limit.
"""

from dataclasses import dataclass, field
from typing import Any

Row = tuple[int, str, str]


@dataclass(frozen=True)
class Timeline:
    what: str
    rows: list[Row]
    queue: dict[str, Any] = field(default_factory=dict)
    domain: dict[str, Any] = field(default_factory=dict)


SLOW = {"offer_timeout_s": 1000}  # nothing expires

TIMELINES = [
    Timeline(
        "a pause of 30 s for who declined",
        [
            (0, "agent ann", ""),
            (1, "agent bob", ""),
            (10, "arrive x", "x>ann"),  # ann has been idle longer
            (15, "decline ann x", "x<ann declined x>bob"),
            (20, "decline bob x", "x<bob declined"),  # ann is paused until 15 + 30 = 45, bob until 20 + 30 = 50
            (44, "wait 0", ""),
            (45, "wait 0", "x>ann"),
            (46, "decline ann x", "x<ann declined"),  # ann until 76
            (50, "wait 0", "x>bob"),
        ],
        SLOW,
    ),
    Timeline(
        "no pause for the only one there",
        [
            (0, "agent ann", ""),
            (10, "arrive x", "x>ann"),
            (15, "decline ann x", "x<ann declined x>ann"),
            (16, "agent bob", ""),  # x is on offer
            (17, "decline ann x", "x<ann declined x>bob"),  # now there is somebody else
            (18, "choose bob away", "x<bob not_ready x>ann"),  # bob is gone, so ann's pause does not count
        ],
        SLOW,
    ),
    Timeline(
        "an offer of 20 s expires, flags, and the next is asked",
        [
            (0, "agent ann", ""),
            (1, "agent bob", ""),
            (10, "arrive x", "x>ann"),
            (29, "wait 0", ""),
            (30, "wait 0", "x<ann timeout ann flagged x>bob"),  # ann is paused until 60
            (50, "wait 0", "x<bob timeout bob flagged"),  # bob until 80
            (55, "clear_flag ann", ""),  # bob is logged in, his flag is ignored: the pause holds
            (60, "wait 0", "x>ann"),
            (61, "accept ann x", ""),
        ],
    ),
    Timeline(
        "after three offers that came to nothing nobody is asked any more",
        [
            (0, "agent ann", ""),
            (10, "arrive x", "x>ann"),
            (11, "decline ann x", "x<ann declined x>ann"),
            (12, "lose ann desk", "ann unreachable x<ann unreachable"),  # not held against ann and not counted
            (13, "reach ann desk", "x>ann"),
            (14, "decline ann x", "x<ann declined x>ann"),
            (15, "decline ann x", "x<ann declined x over unwanted"),
        ],
        SLOW | {"max_offers": 3},
    ),
    Timeline(
        "expired, declined and failed count alike",
        [
            (0, "agent ann", ""),
            (10, "arrive x", "x>ann"),
            (30, "clear_flag ann", "x<ann timeout ann flagged x>ann"),  # alone: asked again at once
            (31, "decline ann x", "x<ann declined x>ann"),
            (32, "accept ann x", ""),
            (33, "connect_failed ann x", "x<ann provider x over unwanted"),
        ],
        {"max_offers": 3},
    ),
    Timeline(
        "a connection that nobody reports fails after 10 s and takes the phone away",
        [
            (0, "agent ann", ""),
            (10, "arrive x", "x>ann"),
            (12, "accept ann x", ""),
            (21, "wait 0", ""),
            (22, "wait 0", "x<ann connect_timeout ann unreachable"),
            (60, "reach ann phone", "x>ann"),
        ],
        SLOW,
    ),
    Timeline(
        "the requirement widens at its seconds",
        [
            (0, "agent ann zh 5", ""),
            (1, "agent bob", ""),
            (10, "arrive x", ""),  # nobody has zh 8
            (39, "wait 0", ""),
            (40, "wait 0", "x widened x>ann"),  # 10 + 30: zh >= 5
            (41, "decline ann x", "x<ann declined x>ann"),  # bob is not able: ann is the only one
            (42, "lose ann desk", "ann unreachable x<ann unreachable"),
            (69, "wait 0", ""),
            (70, "wait 0", "x widened x>bob"),  # 10 + 60: anybody
        ],
        SLOW | {"requirement": "zh >= 8", "widen": ((30, "zh >= 5"), (60, ""))},
    ),
    Timeline(
        "promise and limit count from the queue",
        [
            (10, "arrive x", ""),
            (40, "wait 0", "x overdue"),  # 10 + 30
            (69, "wait 0", ""),
            (70, "wait 0", "x over limit"),  # 10 + 60
        ],
        {"promise_s": 30, "limit_s": 60},
    ),
    Timeline(
        "the limit takes the offer away",
        [
            (0, "agent ann", ""),
            (10, "arrive x", "x>ann"),
            (30, "wait 0", "x<ann moved x over limit"),
        ],
        SLOW | {"limit_s": 20},
    ),
    Timeline(
        "wrap-up of 15 s keeps the agent for 15 s",
        [
            (0, "agent ann", ""),
            (10, "arrive x", "x>ann"),
            (10, "arrive y", ""),
            (11, "talk ann x", ""),
            (20, "end ann x", ""),
            (34, "wait 0", ""),
            (35, "wait 0", "y>ann"),
        ],
        SLOW | {"wrap_up_s": 15},
    ),
    Timeline(
        "no offer is shorter than the shortest",
        [
            (0, "agent ann", ""),
            (10, "arrive x", "x>ann"),
            (39, "wait 0", ""),
            (40, "wait 0", "x<ann timeout x over unwanted ann flagged"),  # 10 + 30, not 10 + 20
        ],
        {"max_offers": 1},
        {"min_offer_us": 30_000_000},
    ),
    Timeline(
        "an outage makes live offers longer by itself, and nothing else",
        [
            (0, "agent ann", ""),
            (10, "arrive x", "x>ann"),  # until 30
            (12, "arrive y", ""),
            # It is 45 then: the promises of 10 + 30 = 40 and 12 + 30 = 42 were missed and are said in their order.
            (15, "outage 30", "x>ann extended 60 x overdue y overdue"),
            (59, "wait 0", ""),
            (60, "wait 0", "x<ann timeout ann flagged"),
        ],
        {"promise_s": 30},
    ),
    Timeline(
        "written conversations of a desk that is silent for 60 s go back",
        [
            (0, "agent ann", ""),
            (10, "arrive x chat", "x>ann"),
            (10, "arrive y chat", "y>ann"),
            (10, "arrive z chat", "z>ann"),
            (11, "talk ann x", ""),
            (12, "talk ann y", ""),
            (13, "park ann y", ""),
            (20, "lose ann desk", "ann unreachable z<ann unreachable"),
            (79, "wait 0", ""),
            (80, "wait 0", "x back y back"),
        ],
        SLOW,
    ),
]
