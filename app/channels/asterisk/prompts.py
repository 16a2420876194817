"""What does a caller hear? The prompts of an effect as media that Asterisk can play."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from app.channels.asterisk.ari import AriRefused
from app.channels.recordings import NotThere, Recordings
from app.channels.speech import Speech, Speechless
from contacts.effect import Effect
from ivr.spoken import built_in

log = structlog.get_logger()


async def as_media(speech: Speech, recordings: Recordings, effect: Effect) -> Sequence[str]:
    """Raises AriRefused: it cannot be said."""
    prompts = effect.args.get("prompts")
    if prompts is None:  # a last word: why nobody comes
        language = str(effect.args.get("language") or "en")
        prompts = [{"language": language, "text": built_in(str(effect.args["prompt"]), language)}]
    paths = [await _path(speech, recordings, effect.contact_id, prompt) for prompt in prompts]
    return [f"sound:{path.with_suffix('')}" for path in paths]


async def _path(speech: Speech, recordings: Recordings, contact_id: str, prompt: Mapping[str, Any]) -> Path:
    try:
        if "text" in prompt:
            return await speech.say(prompt["text"], prompt["language"], personal=bool(prompt.get("personal")))
        return await recordings.path(contact_id, prompt["file"], prompt["language"])
    except NotThere as missing:
        log.error("recording not played", reason=str(missing))
        raise AriRefused(404, "no such recording") from missing
    except Speechless as speechless:
        log.error("prompt not spoken", reason=str(speechless))
        raise AriRefused(501, "not spoken") from speechless
