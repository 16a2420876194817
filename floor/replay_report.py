"""What is said after a replay: our figures beside the log's, each with its definition, and our own part in them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from floor import bank, bank_log, log_figures
from floor.bank_log import CALL_TYPES
from floor.day import Day
from floor.log_figures import DEFINITIONS, Figures
from floor.replay import Outcome

SHARES = frozenset({"service_level", "abandon_rate"})
SHOWN = tuple(DEFINITIONS)
# Our names of the server's figures: those that can be summed over queues, and those of one queue alone.
OF_SERVER = {
    "offered": "offered", "answered": "answered", "abandoned": "abandoned", "short_abandoned": "short_abandoned",
    "service_level": "service_level", "abandon_rate": "abandon_rate", "asa_s": "asa", "p50_s": "wait_p50",
    "p90_s": "wait_p90",
}  # fmt: skip

ServerFigure = Mapping[str, Any]


def of_server(figures: Mapping[str, ServerFigure]) -> Figures:
    """One queue as the server counts it; times in seconds."""
    values = {name: _value(figures[key]) for name, key in OF_SERVER.items()}
    return Figures(**values)


def total(queues: Iterable[Mapping[str, ServerFigure]]) -> Figures:
    """All queues together: counts, parts and wholes are summed; quantiles of several queues are nobody's."""
    every = list(queues)
    counts = {
        name: sum(queue[name]["value"] for queue in every)
        for name in ("offered", "answered", "abandoned", "short_abandoned")
    }
    level, rate = (_share(every, name) for name in ("service_level", "abandon_rate"))
    waited_ms = sum((queue["asa"]["value"] or 0) * queue["answered"]["value"] for queue in every)
    asa_s = waited_ms / 1000 / counts["answered"] if counts["answered"] else None
    return Figures(**counts, service_level=level, abandon_rate=rate, asa_s=asa_s, p50_s=None, p90_s=None)


def _share(queues: Sequence[Mapping[str, ServerFigure]], name: str) -> float | None:
    whole = sum(queue[name]["whole"] for queue in queues)
    return sum(queue[name]["part"] for queue in queues) / whole if whole else None


def _value(figure: ServerFigure) -> Any:
    match figure["unit"]:
        case "ratio":
            return figure["part"] / figure["whole"] if figure["whole"] else None
        case "ms":
            return None if figure["value"] is None else figure["value"] / 1000
        case _:
            return figure["value"]


def by_type(outcome: Outcome) -> dict[str, dict[str, ServerFigure]]:
    """The server's figures by call type: queues are named after them."""
    return {
        queue["queue"].split(" ")[0]: {figure["key"]: figure for figure in queue["figures"]}
        for queue in outcome.figures.get("queues", ())
    }


def latency(outcome: Outcome) -> dict[str, Any]:
    """Our own part of every wait: the bank's log has none of it."""
    median = outcome.latency_s
    return {
        "definition": "from the offer on the desk of an agent who accepts at once to the connected call, median",
        "real_ms": None if median is None else round(median * 1000, 1),
        "error_business_s": None if median is None else round(median * outcome.speed, 1),
    }


# --- as JSON ----------------------------------------------------------------------------------------------------------


def as_json(day: Day, outcome: Outcome, seed: int) -> dict[str, Any]:
    server = by_type(outcome)
    return {
        "day": day.date,
        "window": {"from_s": day.window.from_s, "to_s": day.window.to_s},
        "speed": outcome.speed,
        "seed": seed,
        "drained": outcome.drained,
        "figures": {
            "log": _plain(log_figures.of_calls(day.calls)),
            "ours": _plain(total(server.values())),
            "as_callers_saw_it": _plain(outcome.seen),
        },
        "by_queue": {
            bank.queue_name(type_): {
                "log": _plain(log_figures.of_calls([call for call in day.calls if call.type == type_])),
                "ours": _plain(of_server(server[type_])),
            }
            for type_ in day.types
            if type_ in server
        },
        "definitions": {"log": DEFINITIONS, "ours": _definitions(server)},
        "latency": latency(outcome),
        "refused_rows": {reason: len(rows) for reason, rows in day.refused.items()},
        "refused_because": {reason: bank_log.REASONS[reason] for reason in day.refused},
        "refused_at_lines": {reason: list(rows[:5]) for reason, rows in day.refused.items()},
        "ivr_hang_ups": day.ivr_hang_ups,
        "let_go": len(outcome.let_go_s),
        "agents": len(day.servers),
        "webhooks": {"sent": outcome.webhooks, "given_up": outcome.given_up, "refused": outcome.refused},
        "reconnects": outcome.reconnects,
    }


def _plain(figures: Figures) -> dict[str, Any]:
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in ((name, getattr(figures, name)) for name in SHOWN)
    }


def _definitions(server: Mapping[str, Mapping[str, ServerFigure]]) -> dict[str, str]:
    some = next(iter(server.values()), {})
    return {name: str(some[key]["definition"]) for name, key in OF_SERVER.items() if key in some}


# --- for people -------------------------------------------------------------------------------------------------------


def tell(day: Day, outcome: Outcome, console: Console) -> None:
    server = by_type(outcome)
    table = Table(title=f"{day.date} at {outcome.speed:g} times real time")
    for heading in ("", "the log", "ours", "as callers saw it", "definition"):
        table.add_column(heading, justify="left" if heading in ("", "definition") else "right")
    columns = (log_figures.of_calls(day.calls), total(server.values()), outcome.seen)
    for name in SHOWN:
        table.add_row(_label(name), *(_text(name, getattr(each, name)) for each in columns), DEFINITIONS[name])
    console.print(table)
    console.print(_queues_table(day, server))
    refused = ", ".join(f"{len(rows)} {reason}" for reason, rows in day.refused.items()) or "none"
    console.print(f"rows of the day refused: {refused}; hang-ups in the IVR, counted beside: {day.ivr_hang_ups}")
    error = latency(outcome)
    if error["real_ms"] is not None:
        console.print(
            f"our own latency: {error['real_ms']} ms ({error['definition']}); at this speed that is "
            f"{error['error_business_s']} s of every wait of ours: so much our waits are too long beside the log's"
        )
    if not outcome.drained:
        console.print("[bold red]the floor did not come to rest[/]: something is still open, ask the auditor")


def _queues_table(day: Day, server: Mapping[str, Mapping[str, ServerFigure]]) -> Table:
    table = Table(title="by queue: the log → ours")
    table.add_column("queue")
    for name in SHOWN:
        table.add_column(_label(name), justify="right")
    for type_ in CALL_TYPES:
        if type_ not in server or type_ not in day.types:
            continue
        log = log_figures.of_calls([call for call in day.calls if call.type == type_])
        ours = of_server(server[type_])
        cells = (f"{_text(name, getattr(log, name))} → {_text(name, getattr(ours, name))}" for name in SHOWN)
        table.add_row(bank.queue_name(type_), *cells)
    return table


def _label(name: str) -> str:
    return name.removesuffix("_s").replace("_", " ")


def _text(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    if name in SHARES:
        return f"{value * 100:.1f} %"
    return f"{value:.0f} s" if name.endswith("_s") else f"{value:.0f}"
