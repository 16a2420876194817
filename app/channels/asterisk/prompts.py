"""What does a caller hear? The prompts of an effect as media that Asterisk can play."""

from collections.abc import Sequence

import structlog

from app.channels.asterisk.ari import AriRefused
from app.channels.speech import Speech, Speechless
from contacts.effect import Effect
from ivr.spoken import built_in

log = structlog.get_logger()


async def as_media(speech: Speech, effect: Effect) -> Sequence[str]:
    """Raises AriRefused: it cannot be said."""
    prompts = effect.args.get("prompts")
    if prompts is None:  # a last word: why nobody comes
        language = str(effect.args.get("language") or "en")
        prompts = [{"language": language, "text": built_in(str(effect.args["prompt"]), language)}]
    media = []
    for prompt in prompts:
        if "text" not in prompt:
            log.error("prompt missing", file=prompt["file"])
            raise AriRefused(404, "no such recording")
        try:
            path = await speech.say(prompt["text"], prompt["language"], personal=bool(prompt.get("personal")))
        except Speechless as speechless:
            log.error("prompt not spoken", reason=str(speechless))
            raise AriRefused(501, "not spoken") from speechless
        media.append(f"sound:{path.with_suffix('')}")
    return media
