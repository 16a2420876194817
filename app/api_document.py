"""What does the OpenAPI document of all doors say, without a database or a server?"""

from typing import Any

from app.api.app import build_api
from app.channels.telephony import Telephony
from app.commands import Envelope, Reply
from app.ports import Doors, NoWriter
from app.settings import Settings
from app.store.database import Database


async def _nobody(_envelope: Envelope) -> Reply:
    raise NoWriter


def document() -> dict[str, Any]:
    """The same application that serves, wired to nothing."""
    settings = Settings(database_url="postgresql://nowhere/none", secret_key="0" * 64)
    database = Database.connect("postgresql://nowhere/none")

    async def nothing(*_: Any) -> Any:
        raise NoWriter

    telephony = Telephony(_nobody, nothing, nothing, nothing, nothing)
    doors = Doors(settings, database, _nobody, lambda: 0)
    return build_api(doors, [telephony.router()]).openapi()
