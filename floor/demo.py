"""How does a contact centre live on, until somebody stops it, with seats free for whoever looks?"""

import asyncio
import contextlib
import random
from pathlib import Path

from rich.console import Console
from rich.table import Table

from floor import demo_company, demo_customers, demo_words
from floor.demo_company import FIRM, OTHER, PURPOSES
from floor.demo_staff import Pace, Staff, manner
from floor.demo_visits import PAST_MANY, Visits
from floor.opening import Floor, open_floor

GOOD_BYE_S = 2.0  # in which every wire is cleared


async def run(server: str, key: str, console: Console, key_file: Path | None = None, lmtp: str | None = None) -> None:
    """For ever. `lmtp`: host:port where the server takes mails; without it nobody writes by the real doors.

    Raises Refused, httpx2.HTTPError, OSError, TimeoutError when the floor cannot open.
    """
    played, pace = demo_company.played(), Pace()
    with contextlib.ExitStack() as until_open:
        until_open.enter_context(console.status("Opening the companies; the first time 2,150 customers move in"))
        async with open_floor(
            server, key, demo_company.wish(), manner=lambda login: manner(pace), seated=lambda login: login in played,
            ways=demo_company.ways(lmtp) if lmtp else None, words=demo_words.words(random.Random()),
        ) as floor:  # fmt: skip
            until_open.close()
            tell(server, floor, console, key_file)
            visits = Visits(floor, {FIRM: demo_customers.of_firm(), OTHER: demo_customers.of_other()})
            shifts = {login: shift for login, (_, shift) in played.items()}
            staff = Staff({login: floor.desk(login) for login in played}, shifts, elsewhere(floor), pace)
            try:
                await _live(visits, staff, console)
            finally:
                await _hang_up(floor)


async def _hang_up(floor: Floor) -> None:
    """Every customer; the server hears of it, and clears the agents' wires."""
    floor.provider.hang_up_all()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GOOD_BYE_S):
            while floor.provider.live_legs or floor.reporter.is_busy:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def _live(visits: Visits, staff: Staff, console: Console) -> None:
    missing = PAST_MANY - await visits.past_so_far()
    staff.pace.hurry = missing > 0
    at_work = asyncio.create_task(staff.work())
    try:
        if missing > 0:
            told = f"{missing} letters of the past are answered, so that customers have a history"
            with console.status(told), contextlib.suppress(TimeoutError):
                await visits.catch_up(missing)
            staff.pace.hurry = False
            console.print("The past is in the histories; the day begins.")
        await asyncio.gather(at_work, visits.come())
    finally:
        at_work.cancel()


def elsewhere(floor: Floor) -> dict[str, list[str]]:
    """For each queue the others of its company."""
    queues = floor.premises.queues
    return {
        queue_id: [other for (company, _), other in queues.items() if company == slug and other != queue_id]
        for (slug, _), queue_id in queues.items()
    }


def tell(server: str, floor: Floor, console: Console, key_file: Path | None) -> None:
    """Where it is, how one gets in, and what to try."""
    made = floor.premises.made
    console.print(f"\n[bold]Jackfield is open: {server}[/bold]   ({'all new' if made else 'as you left it'})\n")
    table = Table(show_header=True)
    for heading in ("login", "password", "who that is"):
        table.add_column(heading)
    for login, purpose in PURPOSES.items():
        table.add_row(login, demo_company.PASSWORD, purpose)
    console.print(table)
    console.print(
        "\nWhat to try\n"
        " 1. Log in as anna, choose “Ready”: a contact is yours within seconds.\n"
        " 2. In a private window be sara: see it arrive in the live view, and act.\n"
        " 3. Be oscar: nothing of the first company exists for him.\n"
        " 4. Let an offer pass, close the browser, kill -9 this: nothing is lost.\n"
        f"\n{len(floor.crowd.desks)} agents are played in three shifts; their day takes 90 minutes."
        + (f"\nAn operator's API key for your programs: {key_file}" if key_file else "")
        + "\nThe tour: docs/first-steps.md. Ctrl-C stops everything.\n",
        highlight=False,
    )
