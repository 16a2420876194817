"""Were agents and contacts chosen by the rules that the explanations state?

    python tests/recompute_decisions.py DATABASE_URL [--sample 1000] [--seed 1]

A stranger's script: it imports nothing of the product, reads stored explanations, recomputes each choice from the data
in it, and compares that with whom the log says the contact was offered to. Prints a JSON object; exit code 0 means that
all agree and that there was something to look at.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from random import Random
from typing import Any

import asyncpg

SHOWN_MAX = 10  # disagreements that are printed

# An offer of the engine without an explanation is a disagreement of its own; a person's own offers have none.
OFFERS = """
SELECT e.seq, e.stay_id::text AS stay, e.agent_id::text AS agent, e.contact_id::text AS contact, d.data,
    (extract(epoch FROM e.at) * 1000000)::bigint AS at_us
FROM event e LEFT JOIN decision d ON d.domain_id = e.domain_id AND d.seq = e.seq AND d.recorded_at = e.recorded_at
WHERE e.kind = 'segment.offered' AND NOT (e.data ->> 'manual')::boolean AND e.recorded_at > now() - interval '90 days'
ORDER BY e.domain_id, e.seq
"""


def recompute(facts: Mapping[str, Any]) -> tuple[str, str]:
    """(stay, agent) by the rule, whatever order the rows stand in. Rule 2 names agents who would have to be interrupted
    where nobody had room, and these in the same order as rule 1 those with room."""
    assert facts["rule"] in (1, 2), "a rule that this script does not know"
    stay = min(facts["stays"], key=lambda row: urgency(row, facts["now_us"]))[-1]
    if facts["preferred"]:  # asked for by the stay itself: stands first, before the order
        return stay, facts["agents"][0][-1]
    return stay, min(facts["agents"], key=lambda row: preference(row, facts["order"]))[-1]


def urgency(row: list[Any], now_us: int) -> tuple[Any, ...]:
    """Overdue: the earliest promise; else the largest lead, which waiting makes larger at the queue's rate."""
    rate, *promise, place_us, queued_us, contact, stay = row
    return (*promise, -(now_us - place_us) * rate, queued_us, contact, stay)


def preference(row: list[Any], order: str) -> tuple[Any, ...]:
    surplus, idle_us, agent = row
    match order:
        case "least_surplus":
            return surplus, idle_us, agent
        case "most_skilled":
            return -surplus, idle_us, agent
        case "longest_idle":
            return idle_us, agent
    raise ValueError(f"an order that this script does not know: {order}")


def took_its_turn(facts: Mapping[str, Any]) -> bool:
    """Where overdue and ordinary work both could be taken, the share decided which."""
    if not facts["contested"]:
        return True
    overdue_is_due = (
        facts["window"] < facts["window_full"]
        or facts["window_overdue"] * 100 < facts["share_pct"] * facts["window_full"]
    )
    return (facts["kind"] == "overdue") == overdue_is_due


def disagreement(offer: Mapping[str, Any], chance: Random) -> str | None:
    """Why this offer does not follow from its explanation; None: it does."""
    if offer["data"] is None:
        return "no explanation"
    facts = json.loads(offer["data"])
    shuffled = facts | {"stays": chance.sample(facts["stays"], len(facts["stays"]))}
    if not facts["preferred"]:
        shuffled["agents"] = chance.sample(facts["agents"], len(facts["agents"]))
    if recompute(shuffled) != (offer["stay"], offer["agent"]):
        return "another choice"
    if facts["stays"][0][-2] != offer["contact"]:
        return "another contact"
    if facts["now_us"] != offer["at_us"]:
        return "another instant"
    return None if took_its_turn(facts) else "not its turn"


async def examine(url: str, sample: int, seed: int) -> dict[str, Any]:
    conn = await asyncpg.connect(url)
    try:
        offers = await conn.fetch(OFFERS)
    finally:
        await conn.close()
    chance = Random(seed)
    chosen = chance.sample(offers, min(sample, len(offers)))
    found = [{"seq": offer["seq"], "why": why} for offer in chosen if (why := disagreement(offer, chance)) is not None]
    facts = [json.loads(offer["data"]) for offer in chosen if offer["data"] is not None]
    return {
        "offers": len(offers),
        "recomputed": len(chosen),
        "among_several": sum(len(each["stays"]) > 1 or len(each["agents"]) > 1 for each in facts),
        "overdue": sum(each["kind"] == "overdue" for each in facts),
        "disagree": len(found),
        "shown": found[:SHOWN_MAX],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("database_url")
    parser.add_argument("--sample", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    said = asyncio.run(examine(given.database_url, given.sample, given.seed))
    print(json.dumps(said))
    return 0 if said["recomputed"] and not said["disagree"] else 1


if __name__ == "__main__":
    sys.exit(main())
