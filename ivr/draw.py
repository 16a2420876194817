"""How does a flow look? A drawing (SVG) that people can discuss: steps from left to right, ways out by their names.

A step stands one column right of the nearest step that leads to it; within a column, near those. Ways back go below.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import east_asian_width

from ivr.flow import Flow, verb_of
from ivr.node import Node

WIDTH, HEAD, ROW, GAP_X, GAP_Y, MARGIN = 216, 46, 18, 92, 26, 24
LABEL_MAX, SAID_MAX = 26, 30

STYLE = """
svg { background: #fff; font: 12px system-ui, sans-serif; fill: #1b1f24 }
.box { fill: #f6f8fa; stroke: #8c959f } .start .box { stroke-width: 2.5 } .ends .box { fill: #eaf5ee; stroke: #2f7d4f }
.verb { font-size: 10px; fill: #57606a; letter-spacing: .04em } .name { font-weight: 600 } .said { fill: #57606a }
.way { fill: none; stroke: #57606a; stroke-width: 1.2 } .amiss { stroke-dasharray: 4 3 } .head { fill: #57606a }
@media (prefers-color-scheme: dark) {
 svg { background: #16191d; fill: #e6edf3 } .box { fill: #21262d; stroke: #6e7681 }
 .ends .box { fill: #12261e; stroke: #3fb950 } .verb, .said, .head { fill: #9da7b3 } .way { stroke: #9da7b3 }
}
"""
AMISS = frozenset({"silence", "wrong", "failure", "hang_up", "none", "closed", "limit", "busy", "no_answer"})


@dataclass(frozen=True, slots=True)
class Placed:
    name: str
    node: Node
    exits: Sequence[tuple[str, str]]
    x: int
    y: int

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.exits) + 6


def draw(flow: Flow) -> str:
    """An SVG document."""
    placed = _place(flow)
    width = max(each.x + WIDTH for each in placed.values()) + MARGIN
    bottom = max(each.y + each.height for each in placed.values())
    ways = [_way(each, row, placed, bottom) for each in placed.values() for row in range(len(each.exits))]
    boxes = [_box(flow, each) for each in placed.values()]
    height = bottom + MARGIN + GAP_Y
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(flow.flow)}"><style>{STYLE}</style><defs><marker id="head" viewBox="0 0 8 8" '
        'refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f"""<path class="head" d="M0 0 8 4 0 8z"/></marker></defs>{"".join(ways)}{"".join(boxes)}</svg>\n"""
    )


def _columns(flow: Flow) -> list[list[str]]:
    column = {flow.start: 0}
    waiting = [flow.start]
    for name in waiting:  # grows while it is walked
        node = flow.nodes.get(name)
        for _, target in [*node.exits()] if node is not None else []:
            if target in flow.nodes and target not in column:
                column[target] = column[name] + 1
                waiting.append(target)
    for name in flow.nodes:  # what nobody reaches, and what the whole flow leads to
        column.setdefault(name, max(column.values()))
    columns: list[list[str]] = [[] for _ in range(max(column.values()) + 1)]
    for name in [*waiting, *(name for name in flow.nodes if name not in waiting)]:
        if name in flow.nodes:
            columns[column[name]].append(name)
    return columns


def _place(flow: Flow) -> dict[str, Placed]:
    placed: dict[str, Placed] = {}
    for number, names in enumerate(_columns(flow)):
        leading = {name: _mean_y(name, placed) for name in names}
        y = MARGIN
        for name in sorted(names, key=lambda name: leading[name]):
            node = flow.nodes[name]
            each = Placed(name, node, tuple(node.exits()), MARGIN + number * (WIDTH + GAP_X), y)
            placed[name] = each
            y += each.height + GAP_Y
    return placed


def _mean_y(name: str, placed: Mapping[str, Placed]) -> float:
    above = [
        each.y + HEAD + ROW * row
        for each in placed.values()
        for row, (_, target) in enumerate(each.exits)
        if target == name
    ]
    return sum(above) / len(above) if above else float("inf")


def _box(flow: Flow, each: Placed) -> str:
    kind = " ".join(word for word, is_it in (("start", each.name == flow.start), ("ends", each.node.ends)) if is_it)
    said = _short(_said(flow, each.node), SAID_MAX)
    rows = "".join(
        f'<text x="{each.x + WIDTH - 10}" y="{each.y + HEAD + ROW * row + 13}" text-anchor="end">'
        f"{escape(_short(label or 'next', LABEL_MAX))}</text>"
        for row, (label, _) in enumerate(each.exits)
    )
    return (
        f'<g class="{kind}"><rect class="box" x="{each.x}" y="{each.y}" width="{WIDTH}" height="{each.height}" rx="6"/>'
        f'<text x="{each.x + 10}" y="{each.y + 18}" class="name">{escape(each.name)}</text>'
        f'<text x="{each.x + WIDTH - 10}" y="{each.y + 18}" class="verb" text-anchor="end">{verb_of(each.node)}</text>'
        f'<text x="{each.x + 10}" y="{each.y + 35}" class="said">{escape(said)}</text>{rows}</g>'
    )


def _said(flow: Flow, node: Node) -> str:
    """The first thing that is said, in the flow's usual language; of a queue its name."""
    if queue := getattr(node, "enqueue", None):
        return str(queue)
    for name in node.prompts():
        text = flow.prompts.get(name, {}).get(flow.languages[0])
        return text if isinstance(text, str) else text.file if text is not None else ""
    return ""


def _way(each: Placed, row: int, placed: Mapping[str, Placed], bottom: int) -> str:
    label, name = each.exits[row]
    target = placed.get(name)
    if target is None:
        return ""
    x1, y1 = each.x + WIDTH, each.y + HEAD + ROW * row + 9
    x2, y2 = target.x, target.y + 14
    if x2 > x1:
        middle = x2 - GAP_X // 2
        path = f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2 - 2} {y2}"
    else:  # back: out to the right, below everything between, in from the left
        low = bottom + 12 if target.x < each.x else max(each.y + each.height, target.y + target.height) + 12
        out = f"M{x1} {y1} C{x1 + 60} {y1} {x1 + 40} {low} {x1 - 20} {low}"
        path = f"{out} L{x2} {low} C{x2 - 60} {low} {x2 - 50} {y2} {x2 - 2} {y2}"
    amiss = " amiss" if label in AMISS else ""
    return f'<path class="way{amiss}" d="{path}" marker-end="url(#head)"/>'


def _short(text: str, width: int) -> str:
    """A Chinese sign is as wide as two letters."""
    taken = 0
    for number, sign in enumerate(text):
        taken += 2 if east_asian_width(sign) in "WF" else 1
        if taken > width:
            return text[: max(0, number - 1)] + "…"
    return text
