"""All channels through their public doors, with cut lines, repeats and kill -9: nothing is lost, doubled or stuck."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from floor.company import QueueWish
from floor.faults import Faults
from tests.faults.planted import OF_WRITTEN
from tests.faults.seeds import seeded, soak_seeds
from tests.faults.small_floor import CONFIG, NUMBER, audit, faulty, small_floor
from tests.serving import Server, port_to_come_back_to

NewDatabase = Callable[[], str]
# Agents read to the end what was said in a chat before they finish it, also over an outage.
WRITTEN = CONFIG | {"wrap_up_s": 40, "interrupted_by": ["phone"]}
QUEUES = (QueueWish("sales", CONFIG, {NUMBER: "phone"}), QueueWish("written", WRITTEN))
A_SECOND = 14.0
AT_A_TIME = 2  # each of these floors has more to do than others


def all_doors(database: str, out: Path, **more: Any) -> tuple[Server, str]:
    """A server that takes mails, and where."""
    lmtp = f"127.0.0.1:{port_to_come_back_to()}"
    home = out.with_suffix(".home")
    home.mkdir(parents=True)
    settings = {"JACKFIELD_LMTP": lmtp, "JACKFIELD_ENDPOINTS_INSIDE": "1", "JACKFIELD_HOME": str(home)}
    return Server(database, out.with_suffix(".log"), environment=settings, **more), lmtp


async def killed_with_all_channels(database: str, out: Path, seed: int, kills: int = 1) -> Counter[str]:
    """What the auditor has looked at."""
    chance = random.Random(seed)
    faults = Faults(seed, repeat_share=0.1, reorder_share=0.1, slow_s=0.02, cut_share=0.1)
    server, lmtp = all_doors(database, out)
    server.start()
    try:
        await server.until_ready()
        async with small_floor(server, out, seed, faults=faults, queues=QUEUES, lmtp=lmtp) as small:
            for _ in range(kills):
                await small.play(chance.uniform(0.5, 2.0), A_SECOND)
                async with small.outage():
                    server.kill()
                    server.start()
                    await small.play(0.5, A_SECOND)
                    await server.until_ready()
            await small.play(1.0, A_SECOND)
            await small.drain()
            counted, others, wrong = (
                await small.must_be_zero(),
                await small.other_answers(),
                small.floor.customers.wrong,
            )
            found = await audit(out)
    finally:
        server.kill()

    assert found["code"] == 0, f"seed {seed}: {faulty(found)}"
    assert wrong == [], f"seed {seed}"
    assert others == {}, f"seed {seed}: another answer to the same id"
    assert set(counted.values()) == {0.0}, f"seed {seed}: {counted}"
    examined = Counter(found["examined"])
    assert min(examined[name] for name in ("segments", "messages", "mails", "faxes")) > 0, f"seed {seed}: {examined}"
    assert examined["most_at_once"] > 1, f"seed {seed}: nobody served several at once"
    return examined


async def test_a_killed_server_loses_and_doubles_nothing_on_any_channel(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    examined: Counter[str] = Counter()

    async def killed(seed: int) -> None:
        examined.update(await killed_with_all_channels(new_database(), tmp_path / f"all-{seed}", seed))

    await seeded(killed, AT_A_TIME)

    assert examined["interrupted"] > 0, "no call interrupted anything"


# fault -> what the auditor calls it
NAMED = {
    "dropped_message": ("lost", "out_of_order"),
    "unheard_message": ("out_of_order", "lost"),
    "mail_taken_twice": ("doubled",),
    "mail_said_to_be_taken": ("lost",),
    "mail_sent_again": ("invented", "lost"),
    "exchanged_fax": ("lost",),
}


async def played(fault: str, database: str, out: Path) -> dict[str, Any]:
    """What the auditor says of a short run; a faulty server may not come to rest."""
    server, lmtp = all_doors(database, out, module="tests.faults.planted", before=(fault,))
    server.start()
    try:
        await server.until_ready()
        faults = Faults(1, repeat_share=0.5)
        async with small_floor(server, out, 1, faults=faults, queues=QUEUES, agents=4, lmtp=lmtp) as small:
            customers = small.floor.customers
            for way in (customers.chat, customers.mail, customers.fax) * 4:
                way()
            await small.drain(within_s=12.0)
            return await audit(out)
    finally:
        server.kill()


@pytest.mark.parametrize("fault", ["nothing", *NAMED])
async def test_the_auditor_finds_a_planted_fault_of_what_is_written(
    new_database: NewDatabase, tmp_path: Path, fault: str
) -> None:
    found = await played(fault, new_database(), tmp_path / fault)

    if fault == "nothing":
        assert found["code"] == 0, faulty(found)
        return
    assert found["code"] == 1, f"{fault}: nothing was found"
    for name in NAMED[fault]:
        assert found[name] > 0, f"{fault}: {faulty(found)}"


def test_each_fault_of_what_is_written_is_planted() -> None:
    assert set(OF_WRITTEN) == set(NAMED)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(soak_seeds()))
async def test_a_server_killed_again_and_again_loses_and_doubles_nothing_on_any_channel(
    new_database: NewDatabase, tmp_path: Path, seed: int
) -> None:
    """Most are killed once: every tenth three times."""
    await killed_with_all_channels(new_database(), tmp_path / f"all-{seed}", seed, kills=1 if seed % 10 else 3)
