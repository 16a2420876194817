"""Of what is a table made? Every text, JSON and enumeration carries its bound as a CHECK."""

from typing import Any, get_args

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, Integer, MetaData, SmallInteger, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from app.store.instants import Instant

ID_BYTES_MAX = 64  # ids that others give: commands, deliveries, references
NAME_CHARACTERS_MAX = 200

metadata = MetaData(
    naming_convention={
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def uid(name: str, *args: Any, nullable: bool = False, **kwargs: Any) -> Column[str]:
    return Column(name, Uuid(as_uuid=False), *args, nullable=nullable, **kwargs)


def small(name: str, *args: Any, nullable: bool = False, **kwargs: Any) -> Column[int]:
    return Column(name, SmallInteger, *args, nullable=nullable, **kwargs)


def whole(name: str, *args: Any, nullable: bool = False, **kwargs: Any) -> Column[int]:
    return Column(name, Integer, *args, nullable=nullable, **kwargs)


def big(name: str, *args: Any, nullable: bool = False, **kwargs: Any) -> Column[int]:
    return Column(name, BigInteger, *args, nullable=nullable, **kwargs)


def instant(name: str, *, nullable: bool = False, now: bool = False) -> Column[int]:
    """`now`: wall time of the database, where nobody gives another."""
    default = text("clock_timestamp()") if now else None
    return Column(name, Instant, nullable=nullable, server_default=default)


def words(name: str, characters: int = NAME_CHARACTERS_MAX, *, nullable: bool = False, **kwargs: Any) -> Column[str]:
    """A text of people: bounded in characters."""
    check = CheckConstraint(f"char_length({name}) <= {characters}", f"{name}_size")
    return Column(name, Text, check, nullable=nullable, **kwargs)


def token(name: str, length: int = ID_BYTES_MAX, *, nullable: bool = False, **kwargs: Any) -> Column[str]:
    """A text of machines: bounded in bytes, which costs nothing to count."""
    check = CheckConstraint(f'octet_length("{name}") <= {length}', f"{name}_size")
    return Column(name, Text, check, nullable=nullable, **kwargs)


def one_of(name: str, values: Any, *, nullable: bool = False, **kwargs: Any) -> Column[str]:
    """`values`: a Literal of contacts/, or a tuple."""
    allowed = values if isinstance(values, tuple) else get_args(values)
    listed = ", ".join(f"'{value}'" for value in allowed)
    return Column(name, Text, CheckConstraint(f'"{name}" IN ({listed})', f"{name}_known"), nullable=nullable, **kwargs)


def document(name: str, kilobytes: int, *, nullable: bool = False, default: str | None = None) -> Column[Any]:
    """A jsonb of at most so many kB of text, which its writer sees to.

    The database looks at its binary size (the text would be rendered again at every write), in which a list of numbers
    is up to four times as long.
    """
    check = CheckConstraint(f'pg_column_size("{name}") <= {kilobytes * 4096}', f"{name}_size")
    return Column(name, JSONB, check, nullable=nullable, server_default=None if default is None else text(default))


def many(name: str, item: Any, items_max: int, *, nullable: bool = False, default: str | None = None) -> Column[Any]:
    check = CheckConstraint(f"cardinality({name}) <= {items_max}", f"{name}_size")
    server_default = None if default is None else text(default)
    return Column(name, ARRAY(item), check, nullable=nullable, server_default=server_default)


def version() -> Column[int]:
    """Raised by every change, so that two people who edit one row learn of each other."""
    return whole("version", server_default=text("1"))


def between(name: str, low: int, high: int) -> CheckConstraint:
    return CheckConstraint(f"{name} BETWEEN {low} AND {high}", f"{name}_range")
