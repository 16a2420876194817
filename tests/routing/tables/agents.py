"""Which agent? Rankings computed by hand: the agents who get the 1st, 2nd, 3rd of several equal stays at 100 s."""

from dataclasses import dataclass

from contacts.stay import Wishes
from contacts.words import Channel
from routing.messages import AgentOrder


@dataclass(frozen=True)
class Seat:
    name: str
    able: str = ""
    ready_s: int = 0
    served_s: int | None = None  # a conversation ended then


@dataclass(frozen=True)
class Ranking:
    what: str
    requirement: str
    seats: list[Seat]
    expected: str
    order: AgentOrder = "least_surplus"
    wishes: Wishes = Wishes()  # of the first stay


BILLING = [Seat("ann", "billing 3", 20), Seat("bob", "billing 5", 10), Seat("cat", "billing 9", 0)]

RANKINGS = [
    # Surplus: ann 3 - 3 = 0, bob 5 - 3 = 2, cat 9 - 3 = 6.
    Ranking("the least overqualified first, however long idle", "billing >= 3", BILLING, "ann bob cat"),
    Ranking("the most skilled first", "billing >= 3", BILLING, "cat bob ann", "most_skilled"),
    # Idle since: cat 0, bob 10, ann 20.
    Ranking("the longest idle first, whatever the surplus", "billing >= 3", BILLING, "cat bob ann", "longest_idle"),
    # Everybody's surplus is 0, as no skill is asked for: since 0, 10, 20.
    Ranking("skills that are not asked for do not count", "", BILLING, "cat bob ann"),
    # Surplus: ann min(9 - 5, 5 - 5) = 0; bob 6 - 5 = 1 by English alone; cat 7 - 5 = 2 by Chinese alone.
    Ranking(
        "of two ways the smaller surplus counts", "zh >= 5 or en >= 5",
        [Seat("cat", "zh 7"), Seat("bob", "en 6, zh 4"), Seat("ann", "zh 9, en 5")], "ann bob cat",
    ),
    # Surplus: ann (4 - 2) + (2 - 2) = 2; bob (3 - 2) + (2 - 2) = 1; cat (2 - 2) + (9 - 2) = 7.
    Ranking(
        "surpluses are added", "billing >= 2 and zh >= 2",
        [Seat("ann", "billing 4, zh 2"), Seat("bob", "billing 3, zh 2"), Seat("cat", "billing 2, zh 9")], "bob ann cat",
    ),
    # `not trainee` adds nothing: ann 1 - 1 = 0, bob 2 - 1 = 1; cat is a trainee.
    Ranking(
        "an exclusion keeps out and adds nothing", "zh and not trainee",
        [Seat("cat", "zh 1, trainee 1"), Seat("bob", "zh 2"), Seat("ann", "zh 1")], "ann bob",
    ),
    # Idle since: ann 90 (served), bob 10 (never served: since ready), cat 50 (served), dan 95 (never served).
    Ranking(
        "idle since the last wrap-up, or since ready if never served", "",
        [Seat("ann", "", 0, 90), Seat("bob", "", 10), Seat("cat", "", 5, 50), Seat("dan", "", 95)], "bob cat ann dan",
    ),
    # All since 10: the agent's id decides.
    Ranking(
        "a full tie goes to the smaller agent id", "",
        [Seat("cat", "", 10), Seat("ann", "", 10), Seat("bob", "", 10)], "ann bob cat",
    ),
    # The first stay wants cat; the others are ranked as ever.
    Ranking("the preferred agent first", "billing >= 3", BILLING, "cat ann bob",
            wishes=Wishes(preferred_agent_id="cat")),
    Ranking("a preferred agent who is unknown changes nothing", "billing >= 3", BILLING, "ann bob cat",
            wishes=Wishes(preferred_agent_id="zoe")),
    # Preferred, but without the skill: not able, so not asked.
    Ranking(
        "a preferred agent who is not able is not asked", "billing >= 4", BILLING, "bob cat",
        wishes=Wishes(preferred_agent_id="ann"),
    ),
    Ranking("an excluded agent is passed over", "billing >= 3", BILLING, "bob ann cat",
            wishes=Wishes(excluded_agent_ids=("ann",))),
    Ranking("excluded is stronger than preferred", "billing >= 3", BILLING, "bob ann cat",
            wishes=Wishes(preferred_agent_id="ann", excluded_agent_ids=("ann",))),
    Ranking("a direct offer asks one agent", "billing >= 3", BILLING, "cat ann bob",
            wishes=Wishes(only_agent_id="cat")),
]  # fmt: skip


@dataclass(frozen=True)
class Room:
    what: str
    held: str  # 'chat talking, chat parked'
    incoming: Channel
    has_room: bool
    units: int = 100
    costs: tuple[tuple[Channel, int], ...] = ()  # other than the default: phone 100, the rest 20
    maxima: tuple[tuple[Channel, int], ...] = ()  # other than the default: phone 1, the rest 5


CHEAP_CHATS: tuple[tuple[Channel, int], ...] = (("chat", 10),)
FOUR_CHATS = "chat talking, chat talking, chat talking, chat talking"
FIVE_CHATS = f"{FOUR_CHATS}, chat talking"

ROOMS = [
    Room("0 + 100 <= 100", "", "phone", True),
    Room("100 + 20 > 100", "phone talking", "chat", False),
    Room("100 + 100 > 100", "phone talking", "phone", False),
    Room("20 + 100 > 100: a chat keeps calls away", "chat talking", "phone", False),
    Room("80 + 20 <= 100, and 5 chats <= 5", FOUR_CHATS, "chat", True),
    Room("80 + 20 <= 100: another channel, too", FOUR_CHATS, "email", True),
    Room("100 + 20 > 100", FIVE_CHATS, "chat", False),
    Room("100 + 20 > 100: whatever the channel", FIVE_CHATS, "fax", False),
    Room("an offer costs as much as a conversation", f"{FOUR_CHATS}, chat offered", "chat", False),
    Room("connecting costs as much as talking", "phone connecting", "chat", False),
    Room("wrap-up costs what its conversation cost", "phone wrap_up", "chat", False),
    Room("wrap-up of a chat costs a chat: 80 + 20 + 20 > 100", f"{FOUR_CHATS}, chat wrap_up", "chat", False),
    Room("parked costs nothing: 80 + 0 + 20 <= 100", f"{FOUR_CHATS}, chat parked", "chat", True),
    Room("parked costs nothing: 0 + 100 <= 100", "chat parked, chat parked", "phone", True),
    # 5 x 10 + 10 = 60 <= 100, but 6 chats > 5.
    Room("the maximum counts where units do not", FIVE_CHATS, "chat", False, costs=CHEAP_CHATS),
    # 5 x 10 + 20 = 70 <= 100, and 1 mail <= 5.
    Room("the maximum is of one channel", FIVE_CHATS, "email", True, costs=CHEAP_CHATS),
    # 6 x 10 + 10 = 70 <= 100, and 7 chats <= 7.
    Room("a higher maximum", f"{FIVE_CHATS}, chat talking", "chat", True, costs=CHEAP_CHATS, maxima=(("chat", 7),)),
    # The parked one is not counted against the maximum: 4 held, 5 <= 5.
    Room("parked does not count against the maximum", f"{FOUR_CHATS}, chat parked", "chat", True, costs=CHEAP_CHATS),
    Room("100 + 20 <= 120: a chat beside a call", "phone talking", "chat", True, units=120),
    Room("100 + 20 + 20 > 120", "phone talking, chat talking", "chat", False, units=120),
    Room("200 <= 250, but one call <= 1", "phone talking", "phone", False, units=250),
    Room("200 <= 250, and two calls <= 2", "phone talking", "phone", True, units=250, maxima=(("phone", 2),)),
    Room("a maximum of none", "", "phone", False, maxima=(("phone", 0),)),
    Room("a contact that costs more than the agent has", "", "phone", False, units=99),
]  # fmt: skip

# (look-ahead, how many stays at the front of the line exclude the agent, is the next one offered?)
# The head has index 0; `look_ahead` stays behind it are looked at, so indices 0 .. look_ahead.
LOOK_AHEADS: list[tuple[int, int, bool]] = [
    (0, 0, True),  # the head itself
    (0, 1, False),  # index 1 > 0
    (2, 2, True),  # index 2 <= 2
    (2, 3, False),  # index 3 > 2
    (16, 16, True),
    (16, 17, False),
]
