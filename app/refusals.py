"""What is a refusal of the writer called, for whoever reads an answer without the page's texts?"""

TITLES = {
    "act.unknown": "There is no such act",
    "agent.has_it_already": "This agent has the contact already",
    "agent.not_granted": "This agent has no grant for the company",
    "agent.not_ready": "This agent is not ready",
    "agent.oneself": "That is the agent who asks",
    "agent.unknown": "There is no such agent",
    "body.too_large": "The body is too large",
    "command.id_reused": "This id was used for something else",
    "command.rejected": "The command cannot be stored",
    "command.too_many": "Too many commands at once",
    "contact.not_open": "There is no such open contact",
    "contact.not_waiting": "This contact does not wait",
    "contact.there_already": "The contact waits in this queue already",
    "database.away": "The database does not answer",
    "disposition.unknown": "There is no such result",
    "field.missing": "A field is missing",
    "number.unknown": "Nobody is reached at this address",
    "offer.taken": "Somebody else has taken it",
    "provider.unknown": "There is no such provider",
    "queue.closed": "The queue is closed",
    "queue.unknown": "There is no such queue",
    "queue.unknown_or_closed": "There is no such queue, or it is closed",
    "right.missing": "The right to this is missing",
    "segment.anothers": "This part of the contact is somebody else's",
    "segment.gone": "This part of the contact is over",
    "segment.not_connecting": "This part of the contact is not being connected",
    "segment.not_offered": "This is not offered any more",
    "segment.not_parked": "This part of the contact is not parked",
    "segment.not_talking": "Nobody is talking in this part of the contact",
    "segment.not_wrap_up": "This part of the contact is not in wrap-up",
    "segment.not_written": "A call cannot be parked",
    "segment.over": "This part of the contact is over",
    "stay.known": "This wait is known already",
    "stay.not_waiting": "Nobody waits there any more",
    "step.illegal": "That does not fit the present state",
    "transfer.one_of": "Name a queue or an agent",
    "webhook.empty": "The webhook tells of nothing",
    "webhook.id": "The webhook has no id",
    "webhook.malformed": "The webhook is not as expected",
    "webhook.several": "The webhook tells of more than one kind of thing",
    "webhook.signature": "The signature does not fit",
    "writer.none": "Nobody can take this at the moment; the same id is safe to send again",
}
REQUIREMENT = "The requirement cannot be read"  # what is wrong with it is said beside its column
REFUSED = "This is refused"  # by a field whose key is the library's own


def title_of(text_key: str) -> str:
    return REQUIREMENT if text_key.startswith("requirement.") else TITLES.get(text_key, REFUSED)
