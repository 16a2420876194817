"""A beat that is late costs no request: it waits until the domain is ours again, or somebody else's."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from app.channels.asterisk.ari import Ari, AriAccess, AriLost
from tests.pbx.pbx import APPLICATION, ARI_PASSWORD, ARI_USER, Pbx


def unheard(event: Mapping[str, Any]) -> None:
    """Nothing is told here."""


async def test_a_request_waits_for_a_late_beat(pbx: Pbx) -> None:
    ours = asyncio.Event()
    ari = Ari(AriAccess(pbx.url, ARI_USER, ARI_PASSWORD, APPLICATION), ours.is_set, unheard)
    await ari.open()
    reading = asyncio.create_task(ari.read())
    try:
        asked = asyncio.create_task(ari.ask("GET", "asterisk/info", only="system"))
        done, _ = await asyncio.wait({asked}, timeout=0.3)
        assert not done, "asked before the domain was ours"
        ours.set()
        assert (await asked)["system"]["version"].startswith("2")
        ours.clear()
        asked = asyncio.create_task(ari.ask("GET", "asterisk/info", only="system"))
        await asyncio.sleep(0)
        await ari.close()  # what somebody else's takeover does
        with pytest.raises(AriLost):
            await asked
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await ari.close()
