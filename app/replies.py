"""When has a person replied to what a customer wrote? By this the time to the first human reply is measured."""

from app.house import House
from contacts.segment import Segment

MAY_REPLY = ("talking", "held", "parked", "wrap_up")


def tell(house: House, own: Segment) -> None:
    """`own`: of the agent who replies. What a program sends, such as an acknowledgement, is no reply."""
    house.log(
        "contact.replied",
        contact_id=own.contact_id,
        stay_id=own.stay_id,
        segment_id=own.id,
        agent_id=own.agent_id,
    )


def tell_of(house: House, contact_id: str, agent_id: str | None) -> None:
    """Nothing, where no agent has the contact who replies."""
    mine = (each for each in house.segments(contact_id) if each.agent_id == agent_id and each.state in MAY_REPLY)
    own = next((each for each in mine if each.role == "primary"), None)
    if own is not None:
        tell(house, own)
