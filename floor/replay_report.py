"""What is said after a replay: our figures beside the log's, each with its definition, and our own part in them."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from floor import bank_log, log_figures
from floor.day import Day
from floor.replay import Outcome

SHOWN = (
    "offered",
    "answered",
    "abandoned",
    "short_abandoned",
    "service_level",
    "abandon_rate",
    "asa_s",
    "p50_s",
    "p90_s",
)
SHARES = frozenset({"service_level", "abandon_rate"})


def as_json(day: Day, outcome: Outcome, seed: int) -> dict[str, Any]:
    log, seen = log_figures.of_calls(day.calls), outcome.seen
    return {
        "day": day.date,
        "window": {"from_s": day.window.from_s, "to_s": day.window.to_s},
        "speed": outcome.speed,
        "seed": seed,
        "drained": outcome.drained,
        "log": {name: getattr(log, name) for name in SHOWN},
        "callers": {name: getattr(seen, name) for name in SHOWN},
        "server": outcome.figures,
        "definitions": log_figures.DEFINITIONS,
        "refused_rows": {reason: len(rows) for reason, rows in day.refused.items()},
        "refused_reasons": {reason: bank_log.REASONS[reason] for reason in day.refused},
        "refused_at": {reason: list(rows[:5]) for reason, rows in day.refused.items()},
        "ivr_hang_ups": day.ivr_hang_ups,
        "let_go": len(outcome.let_go_s),
        "agents": len(day.servers),
        "latency": latency(outcome),
        "webhooks": {"sent": outcome.webhooks, "given_up": outcome.given_up, "refused": outcome.refused},
        "reconnects": outcome.reconnects,
    }


def latency(outcome: Outcome) -> dict[str, Any]:
    """Our own part of every wait: the bank's log has none of it."""
    median = outcome.latency_s
    return {
        "definition": "from the offer on the desk of an agent who accepts at once to the connected call, median of all",
        "real_ms": None if median is None else round(median * 1000, 1),
        "error_business_s": None if median is None else round(median * outcome.speed, 1),
    }


def tell(day: Day, outcome: Outcome, console: Console) -> None:
    log, seen = log_figures.of_calls(day.calls), outcome.seen
    table = Table(title=f"{day.date} at {outcome.speed:g} × real time")
    for heading in ("", "log", "ours, as callers saw it", "definition"):
        table.add_column(heading, justify="left" if heading in ("", "definition") else "right")
    for name in SHOWN:
        values = [_text(name, getattr(figures, name)) for figures in (log, seen)]
        table.add_row(name.removesuffix("_s").replace("_", " "), *values, log_figures.DEFINITIONS[name])
    console.print(table)
    console.print(_server_table(outcome.figures))
    refused = ", ".join(f"{len(rows)} {reason}" for reason, rows in day.refused.items()) or "none"
    console.print(f"rows refused: {refused}; hang-ups in the IVR, counted beside: {day.ivr_hang_ups}")
    error = latency(outcome)
    if error["real_ms"] is not None:
        console.print(
            f"our own latency: {error['real_ms']} ms, {error['definition']}; at this speed it adds "
            f"{error['error_business_s']} s of business time to a wait: that much our figures may be too high"
        )
    if not outcome.drained:
        console.print("[bold red]the floor did not come to rest[/]: something is still open, ask the auditor")


def _server_table(figures: Mapping[str, Any]) -> Table:
    """The server's own figures by queue, as it names and defines them."""
    table = Table(title="the server's figures of the same window")
    rows: Sequence[Mapping[str, Any]] = figures.get("queues", ())
    table.add_column("metric")
    for row in rows:
        table.add_column(str(row.get("queue") or row.get("queue_id"))[:24], justify="right")
    table.add_column("definition")
    definitions: Mapping[str, str] = figures.get("definitions", {})
    for name, definition in definitions.items():
        values = [row.get("metrics", {}).get(name) for row in rows]
        table.add_row(name, *("–" if value is None else str(value) for value in values), str(definition))
    return table


def _text(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    if name in SHARES:
        return f"{value * 100:.1f} %"
    return f"{value:.0f} s" if name.endswith("_s") else f"{value:.0f}"
