"""How does the first person or program come in? By whoever can already reach the database: the command line."""

from collections.abc import Sequence

import uuid_utils
from sqlalchemy.ext.asyncio import AsyncConnection

from app import sessions
from app.passwords import Passwords
from app.rights import Role
from app.store import api_keys, users

KEY_PREFIX_SHOWN = 8


async def add_user(conn: AsyncConnection, login: str, password: str, role: Role, language: str = "en") -> str:
    """A user with one grant over all companies; the new id. The database refuses a login that is taken."""
    user_id = str(uuid_utils.uuid7())
    password_hash = await Passwords().hash(password)
    row = {"id": user_id, "login": login, "password_hash": password_hash, "language": language}
    await users.add(conn, [row])
    await users.add_grants(conn, [{"id": str(uuid_utils.uuid7()), "user_id": user_id, "role": role}])
    return user_id


async def add_key(conn: AsyncConnection, name: str, role: Role, company_ids: Sequence[str] | None = None) -> str:
    """The key itself, shown this once."""
    key = sessions.new_api_key()
    await api_keys.add(
        conn,
        {
            "id": str(uuid_utils.uuid7()),
            "name": name,
            "prefix": key[:KEY_PREFIX_SHOWN],
            "hash": sessions.hash_of(key),
            "role": role,
            "company_ids": None if company_ids is None else list(company_ids),
        },
    )
    return key
