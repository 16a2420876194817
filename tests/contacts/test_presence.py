"""Is an agent 'available' only with every fact in place?"""

from dataclasses import replace

import pytest

from contacts.presence import AgentState, is_logged_in, is_reachable, is_routable
from contacts.words import CHANNELS, Channel

THERE = AgentState("anna", 1, chosen="ready", desk_reachable=True, phone_reachable=True)


@pytest.mark.parametrize("channel", CHANNELS)
def test_who_is_ready_and_reachable_is_routable_on_every_channel(channel: Channel) -> None:
    assert is_reachable(THERE, channel)
    assert is_logged_in(THERE, channel)
    assert is_routable(THERE, channel)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_dead_browser_takes_no_channel(channel: Channel) -> None:
    silent = replace(THERE, desk_reachable=False)

    assert not is_reachable(silent, channel)
    assert not is_logged_in(silent, channel)
    assert not is_routable(silent, channel)


def test_an_unregistered_phone_takes_no_calls_and_still_writes() -> None:
    unregistered = replace(THERE, phone_reachable=False)

    assert [channel for channel in CHANNELS if is_routable(unregistered, channel)] == [
        "chat", "email", "fax", "task", "message",
    ]  # fmt: skip


@pytest.mark.parametrize("chosen", ["away", "offline"])
def test_nobody_is_routable_who_did_not_choose_ready(chosen: str) -> None:
    gone = replace(THERE, chosen=chosen)  # type: ignore[arg-type]

    assert is_reachable(gone, "phone")
    assert not is_logged_in(gone, "phone")
    assert not is_routable(gone, "phone")


def test_the_flag_stops_offers_and_does_not_log_out() -> None:
    flagged = replace(THERE, not_responding=True)

    assert is_logged_in(flagged, "phone")
    assert not is_routable(flagged, "phone")
