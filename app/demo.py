"""How does a newcomer see the product live by one command?"""

import asyncio
import socket

from app.launch import child, console, floor, operator_key, progress, until_ready, write_secret
from app.processes import serve
from app.settings import Settings
from app.store.embedded import start_embedded
from app.store.migrate import upgrade

INTERRUPTED = 130  # what a floor ends with that Ctrl-C reached before us
OPENED_MAX = 5  # times; then the server goes on without people
PAUSE_S = 2.0


async def run_demo(settings: Settings) -> None:
    """Server in this process, floor beside it; a second start finds the company that the first one made."""
    # Nothing of an installation that the environment may speak of.
    elsewhere = ("database_url", "database_owner_url", "redis_url", "public_url", "blob_dir")
    settings = settings.model_copy(
        update={"home": settings.home / "demo", "role": "all", **dict.fromkeys(elsewhere, None)}
    )
    # Customers' mails come to this machine alone, and its agents' answers go there.
    settings = settings.model_copy(update={"lmtp": settings.lmtp or _free_place(), "endpoints_inside": True})
    key_file = settings.home / "demo_key"
    async with progress("Starting the database"):
        embedded = await start_embedded(settings.home)
        if not key_file.exists():
            await upgrade(embedded.url, embedded.url)
            write_secret(key_file, await operator_key(embedded.url, "demo"))
    try:
        people = asyncio.create_task(_floor(settings, str(key_file)))

        async def leave() -> None:
            """Calls end while the server hears that they do: the next start finds none that lasted a night."""
            people.cancel()
            await asyncio.wait({people})

        server = asyncio.create_task(serve(settings, farewell=leave))
        try:
            await asyncio.wait({server, people}, return_when=asyncio.FIRST_COMPLETED)
            if people.done() and not people.cancelled():
                people.result()  # they never came in: it raises why
            await server
        finally:
            await leave()
    finally:
        await embedded.stop()


def _free_place() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


async def _floor(settings: Settings, key_file: str) -> None:
    """Customers and agents, who know the address and a key, and come through the public doors alone."""
    await until_ready(settings.base_url)
    command = floor("demo", "--server", settings.base_url, "--key-file", key_file, "--lmtp", str(settings.lmtp))
    for left in reversed(range(OPENED_MAX)):
        async with child(command, {}, None) as people:
            code = await people.wait()
        if code == INTERRUPTED:
            break
        goes_on = "it opens again" if left else "the server goes on without it"
        console.print(f"the floor ended with {code}; {goes_on}", style="yellow")
        await asyncio.sleep(PAUSE_S)
    await asyncio.Event().wait()
