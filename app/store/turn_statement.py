"""Which one statement writes a whole turn?

    WITH fence AS (SELECT … FROM writer WHERE domain_id = $1 AND epoch = $2 FOR SHARE),
         changed_stay AS (UPDATE stay … FROM fence, unnest($n::…) …),
         new_stay AS (INSERT INTO stay … SELECT … FROM fence, unnest($n::…) …), …
    SELECT epoch, <were all rows there that were to be changed?> FROM fence

Every part joins the fence: without its row nothing is written, and the statement returns none. Parts that a turn does
not need are left out, for even an empty one opens its table and all its indexes; the forms in use are prepared once.
Values travel as the text of arrays (arrays.py): jsonb as text, instants as bigint of microseconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from app.store.instants import written

Kind = Literal["uuid", "text", "bytea", "smallint", "integer", "bigint", "boolean", "jsonb", "instant", "event"]
_TRAVELS_AS = {"jsonb": "text", "instant": "bigint", "event": "integer"}  # "event": its place in the turn

DOMAIN, EPOCH, FIRST_SEQ, LAST_SEQ = "$1", "$2", "$3", "$4"
FIXED_ARGUMENTS = 4

# Its one row a turn gives the time of the database to all rows of the turn.
FENCE = f"""fence AS MATERIALIZED (
    SELECT domain_id, epoch, clock_timestamp() AS wall FROM writer
    WHERE domain_id = {DOMAIN} AND epoch = {EPOCH} FOR SHARE
)"""


@dataclass(frozen=True, slots=True)
class Field:
    """One array: where it is stored, how, and how a record gives it."""

    column: str
    kind: Kind
    of: Callable[[Any], Any]

    @property
    def value(self) -> str:
        match self.kind:
            case "instant":
                return written(f'r."{self.column}"')
            case "event":
                return f'{FIRST_SEQ}::bigint + r."{self.column}"'
            case "jsonb":
                return f'r."{self.column}"::jsonb'
            case _:
                return f'r."{self.column}"'


@dataclass(frozen=True, slots=True)
class Part:
    """One group of rows of one table."""

    name: str
    table: str
    fields: tuple[Field, ...]
    fixed: tuple[tuple[str, str], ...] = ()  # columns whose value is an expression
    after: str | None = None  # a part that must have run before: a key it gives up is taken here
    key: tuple[str, ...] = ("id",)
    does: Literal["insert", "update", "upsert"] = "insert"
    only_if: str = ""  # of an upsert

    def sql(self, first_argument: int, after: bool) -> str:
        source = self._source(first_argument)
        if self.does == "update":
            return self._update(source)
        columns = [field.column for field in self.fields] + [column for column, _ in self.fixed]
        values = [field.value for field in self.fields] + [value for _, value in self.fixed]
        # The count makes the database finish that part first; nothing else orders the parts of one statement.
        where = f"\n    WHERE (SELECT count(*) FROM {self.after}) >= 0" if after else ""
        return (
            f"{self.name} AS (\n    INSERT INTO {self.table} AS t ({_listed(columns)})\n"
            f"    SELECT {', '.join(values)}\n    FROM fence f, {source}{where}{self._conflict(columns)}\n)"
        )

    def _update(self, source: str) -> str:
        changes = [f"{_quoted(f.column)} = {f.value}" for f in self.fields if f.column not in self.key]
        same = " AND ".join(f"t.{column} = r.{column}" for column in self.key)
        # OFFSET 0 holds fence and rows together, and the sum keeps the domain a guard: free to choose, the planner
        # reads all rows of the domain first.
        return (
            f"{self.name} AS (\n    UPDATE {self.table} t SET {', '.join(changes)}\n"
            f"    FROM (SELECT f.domain_id AS fenced_domain_id, r.* FROM fence f, {source} OFFSET 0) r\n"
            f"    WHERE {same} AND t.domain_id + 0 = r.fenced_domain_id RETURNING 1\n)"
        )

    def _conflict(self, columns: list[str]) -> str:
        if self.does != "upsert":
            return ""
        changes = ", ".join(f"{_quoted(c)} = excluded.{_quoted(c)}" for c in columns if c not in self.key)
        where = f" WHERE {self.only_if}" if self.only_if else ""
        return f"\n    ON CONFLICT ({_listed(list(self.key))}) DO UPDATE SET {changes}{where}"

    def _source(self, first: int) -> str:
        arrays = (f"${first + n}::text::{_TRAVELS_AS.get(f.kind, f.kind)}[]" for n, f in enumerate(self.fields))
        names = [field.column for field in self.fields]
        number = " WITH ORDINALITY" if self.name == "new_event" else ""
        return f"unnest({', '.join(arrays)}){number} AS r({_listed(names)}{', n' if number else ''})"


def statement(parts: list[Part]) -> str:
    """The statement of a turn that has rows for these parts. Arguments: the fixed four, then each part's arrays."""
    present = {part.name for part in parts}
    expressions, checks, argument = [FENCE], ["f.epoch"], FIXED_ARGUMENTS + 1
    for part in parts:
        expressions.append(part.sql(argument, part.after in present))
        if part.does == "update":
            # A row that is not there is a fault of the turn: dividing by zero refuses the whole statement.
            rows = f"cardinality(${argument}::text::uuid[])"
            checks.append(f"1 / (((SELECT count(*) FROM {part.name}) = {rows})::int)")
        argument += len(part.fields)
    # Each of the fixed four has a place even where no part uses it.
    used = f"SELECT {', '.join(checks)} FROM fence f WHERE {FIRST_SEQ}::bigint IS NOT NULL"
    return "WITH " + ",\n".join(expressions) + f"\n{used} AND {LAST_SEQ}::bigint IS NOT NULL"


def _quoted(column: str) -> str:
    return f'"{column}"'


def _listed(columns: list[str]) -> str:
    return ", ".join(_quoted(column) for column in columns)
