"""What is a flow? Steps with names, what is said in them, and where each leads.

Published as JSON Schema (`jackfield ivr schema`); written as YAML, kept as it was written.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

from ivr.node import Language, Node, NodeName, PromptName
from ivr.spoken import Prompt
from ivr.verbs.choose import ChooseNode
from ivr.verbs.collect import CollectNode
from ivr.verbs.enqueue import EnqueueNode
from ivr.verbs.faq import FaqNode
from ivr.verbs.faq_menu import FaqMenuNode
from ivr.verbs.hang_up import HangUpNode
from ivr.verbs.hours import HoursNode
from ivr.verbs.language import LanguageNode
from ivr.verbs.look_up import LookUpNode
from ivr.verbs.menu import MenuNode
from ivr.verbs.offer_callback import OfferCallbackNode
from ivr.verbs.say import SayNode
from ivr.verbs.set import SetNode
from ivr.verbs.survey import SurveyNode
from ivr.verbs.transfer import TransferNode
from ivr.verbs.voicemail import VoicemailNode
from ivr.words import Exit

NODES_MAX = 500
PROMPTS_MAX = 500
LANGUAGES_MAX = 8

VERBS: Mapping[str, type[Node]] = {
    "say": SayNode, "menu": MenuNode, "collect": CollectNode, "look_up": LookUpNode, "set": SetNode,
    "choose": ChooseNode, "hours": HoursNode, "language": LanguageNode, "faq": FaqNode, "faq_menu": FaqMenuNode,
    "enqueue": EnqueueNode, "offer_callback": OfferCallbackNode, "voicemail": VoicemailNode,
    "transfer": TransferNode, "survey": SurveyNode, "hang_up": HangUpNode,
}  # fmt: skip


def verb_of(node: Any) -> str | None:
    """The one verb among its fields, or None. `say` beside another verb is what is said first."""
    if isinstance(node, Node):
        return next(verb for verb, kind in VERBS.items() if isinstance(node, kind))
    found = [verb for verb in VERBS if isinstance(node, Mapping) and verb in node]
    others = [verb for verb in found if verb != "say"]
    return (others or found)[0] if found and len(others) < 2 else None


AnyNode = Annotated[
    Annotated[SayNode, Tag("say")]
    | Annotated[MenuNode, Tag("menu")]
    | Annotated[CollectNode, Tag("collect")]
    | Annotated[LookUpNode, Tag("look_up")]
    | Annotated[SetNode, Tag("set")]
    | Annotated[ChooseNode, Tag("choose")]
    | Annotated[HoursNode, Tag("hours")]
    | Annotated[LanguageNode, Tag("language")]
    | Annotated[FaqNode, Tag("faq")]
    | Annotated[FaqMenuNode, Tag("faq_menu")]
    | Annotated[EnqueueNode, Tag("enqueue")]
    | Annotated[OfferCallbackNode, Tag("offer_callback")]
    | Annotated[VoicemailNode, Tag("voicemail")]
    | Annotated[TransferNode, Tag("transfer")]
    | Annotated[SurveyNode, Tag("survey")]
    | Annotated[HangUpNode, Tag("hang_up")],
    Discriminator(verb_of, custom_error_type="verb", custom_error_message=f"exactly one of {', '.join(VERBS)}"),
]


class Flow(BaseModel):
    """`on`: where a caller goes when a step itself does not say."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Jackfield IVR flow")

    flow: NodeName
    about: Annotated[str, StringConstraints(max_length=500)] = ""
    languages: Annotated[Sequence[Language], Field(min_length=1, max_length=LANGUAGES_MAX)]  # the first is the usual
    start: NodeName
    on: Mapping[Exit, NodeName] = {}
    prompts: Annotated[Mapping[PromptName, Prompt], Field(max_length=PROMPTS_MAX)] = {}
    nodes: Annotated[Mapping[NodeName, AnyNode], Field(min_length=1, max_length=NODES_MAX)]
