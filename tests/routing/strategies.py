"""What may a small centre be made of? Policies, people, wishes and acts, for Hypothesis to choose and to shrink."""

from dataclasses import replace

from hypothesis import strategies as st

from contacts.stay import Wishes
from contacts.words import CHANNELS, SECOND_US
from routing import messages as m

AGENTS = ("ann", "bob", "cat", "dan")
QUEUES = ("billing", "chats", "others")
COMPANIES = ("acme", "bolt")
# What can be done to something, and the state that it must be in.
ACTS = {
    "accept": "offered", "decline": "offered", "connected": "connecting", "failed": "connecting", "park": "talking",
    "end": "talking", "unpark": "parked", "put_away": "parked", "finish": "wrap_up", "leave": "", "assign": "",
    "emergency": "", "raise": "", "consult": "talking", "take_back": "offered", "take_from": "connecting",
}  # fmt: skip
UNUSUAL = ("queue", "agent", "domain", "gone", "outage", "stale")
USUAL_ACTS = ("accept", "accept", "connected", "connected", "end", "finish")

agents = st.sampled_from(AGENTS)
seconds = st.sampled_from([None, None, None, 0, 1, 5, 20, 100])
requirements = st.sampled_from(["", "", "", "", "zh", "zh >= 3", "zh >= 2 and not en", "zh >= 3 or en >= 2"])
last_steps = st.builds(m.LastStep, st.sampled_from(["callback", "voicemail", "message"]))
wishes = st.builds(
    Wishes,
    st.sampled_from([None, None, *AGENTS, "nobody"]),
    st.sampled_from([(), (), (), ("ann",), ("ann", "bob")]),
    st.sampled_from([None, None, None, None, None, "cat"]),
)


arrivals = st.fixed_dictionaries(
    {
        "queue_id": st.sampled_from(QUEUES),
        "channel": st.sampled_from(CHANNELS[:3]),
        "value": st.sampled_from([0, 60]),
        "earlier_s": st.sampled_from([None, None, 0, 50]),
        "requirement": st.sampled_from([None, None, "", "zh >= 2"]),
        "wish": wishes,
    }
)


# Between anything else that happens: acts, each on one of those on which it is possible.
Work = list[tuple[str, int]]
work = st.lists(st.tuples(st.sampled_from([*USUAL_ACTS, *ACTS]), st.integers(0, 9)), min_size=1, max_size=8)


@st.composite
def queue_policies(draw: st.DrawFn, queue_id: str) -> m.QueuePolicy:
    promise_s = draw(st.sampled_from([60, 10, 0]))
    return m.QueuePolicy(
        queue_id=queue_id,
        company_id=COMPANIES[queue_id == "others"],
        version=draw(st.integers(1, 9)),
        requirement=draw(requirements),
        rate=draw(st.sampled_from([1, 3])),
        head_start=draw(st.sampled_from([(), ((0, 1), (50, 60))])),
        promise_s=promise_s,
        limit_s=promise_s + draw(st.sampled_from([200, 0, 2000])),
        last_step=draw(last_steps),
        unwanted_step=draw(last_steps),
        widen=tuple(m.WidenStep(*step) for step in draw(st.sampled_from([(), ((5, "zh"), (15, ""))]))),
        offer_timeout_s=draw(st.sampled_from([3, 20])),
        reoffer_pause_s=draw(st.sampled_from([0, 30])),
        max_offers=draw(st.sampled_from([1, 2, 5])),
        wrap_up_s=draw(st.sampled_from([None, 0, 10])),
        offers_at_once=draw(st.sampled_from([1, 3])),
        agent_order=draw(st.sampled_from(["least_surplus", "most_skilled", "longest_idle"])),
        closed=draw(st.integers(0, 9)) == 9,
        interrupted_by=draw(st.sampled_from([(), ("phone",), ("phone", "chat")])),
    )


@st.composite
def profiles(draw: st.DrawFn, agent_id: str) -> m.AgentProfile:
    levels = draw(st.dictionaries(st.sampled_from(["zh", "en"]), st.integers(1, 5)))
    companies = draw(st.sampled_from([COMPANIES, COMPANIES, COMPANIES, COMPANIES[:1], ()]))
    units = draw(st.sampled_from([100, 100, 120, 40]))
    return m.AgentProfile(agent_id, levels, frozenset(companies), replace(m.Capacity(), units=units))


domains = st.builds(
    m.DomainPolicy,
    overdue_share_pct=st.sampled_from([0, 50, 100]),
    overdue_window=st.sampled_from([1, 4]),
    look_ahead=st.sampled_from([0, 16]),
    written_silence_us=st.just(15 * SECOND_US),
)
