"""Can a flow be published? What is wrong with it, line by line, before a caller finds it.

- a step leads to one that is not there; a step is never reached; from a step no way ends the call (dead end)
- a caller who does nothing goes round for ever (loop without input)
- a prompt is not there, or not in every language of the flow, or its recording is not; a prompt is never said
- a variable is used that nothing sets; `recording` is set to what nobody would understand
"""

from collections.abc import Callable, Collection, Iterable, Iterator

from contacts.notice import NOTICES, VARIABLE
from ivr.flow import Flow
from ivr.load import Loaded, Problem, load
from ivr.node import Node
from ivr.spoken import BUILT_IN, Recording, names_in
from ivr.verbs.choose import ChooseNode
from ivr.verbs.collect import CollectNode
from ivr.verbs.look_up import LookUpNode
from ivr.verbs.offer_callback import OfferCallbackNode
from ivr.verbs.set import SetNode
from ivr.verbs.survey import SurveyNode

# Known of every call before its first step (journey).
FACTS = frozenset({"caller", "called", "channel", "language", "known", "name", "value", "life_stage"})


Recorded = Collection[tuple[str, str]]  # (file, language) of every recording that is there


def check(text: str, recorded: Recorded | None = None) -> list[Problem]:
    """In the order of the lines; empty when there is nothing to say. `recorded` None: nobody knows what is there."""
    loaded = load(text)
    found = [*loaded.problems, *_of_flow(loaded), *_recordings(loaded, recorded)]
    return sorted(found, key=lambda problem: problem.line)


def serious(problems: Iterable[Problem]) -> bool:
    return any(problem.serious for problem in problems)


def _of_flow(loaded: Loaded) -> Iterator[Problem]:
    flow = loaded.flow
    if flow is None:
        return
    missing = list(_missing_nodes(loaded, flow))
    yield from missing
    if not missing:  # ways that lead nowhere would be named again and again
        yield from _ways(loaded, flow)
    yield from _prompts(loaded, flow)
    yield from _variables(loaded, flow)
    yield from _recording(loaded, flow)


# --- where it leads ---------------------------------------------------------------------------------------------------


def _missing_nodes(loaded: Loaded, flow: Flow) -> Iterator[Problem]:
    if flow.start not in flow.nodes:
        yield Problem(loaded.line_of("start"), "flow.no_such_step", f"start: there is no step {flow.start}")
    for exit_, target in flow.on.items():
        if target not in flow.nodes:
            yield Problem(loaded.line_of("on", exit_), "flow.no_such_step", f"on.{exit_}: there is no step {target}")
    for name, node in flow.nodes.items():
        for label, target in node.exits():
            if target not in flow.nodes:
                line = _line_of_exit(loaded, name, label, target)
                yield Problem(line, "flow.no_such_step", f"{name}: there is no step {target}")


def _line_of_exit(loaded: Loaded, name: str, label: str, target: str) -> int:
    """The line that names the target, as well as the text tells."""
    for path in (("on", label), ("keys", label), (label or "next",)):
        if ("nodes", name, *path) in loaded.lines:
            return loaded.line_of("nodes", name, *path)
    return loaded.line_of("nodes", name)


def _ways(loaded: Loaded, flow: Flow) -> Iterator[Problem]:
    always = list(flow.on.values())
    reached = _reach([flow.start, *always], lambda name: _targets(flow.nodes[name]))
    for name in flow.nodes:
        if name not in reached:
            line = loaded.line_of("nodes", name)
            yield Problem(line, "flow.unreachable", f"{name}: no way leads here", serious=False)
    back: dict[str, list[str]] = {name: [] for name in flow.nodes}
    for name, node in flow.nodes.items():
        for target in _targets(node):
            back[target].append(name)
    ending = _reach([name for name, node in flow.nodes.items() if node.ends], lambda name: back[name])
    for name in reached - ending:
        yield Problem(loaded.line_of("nodes", name), "flow.dead_end", f"{name}: no way from here ends the call")
    for name in _going_round(flow):
        line = loaded.line_of("nodes", name)
        yield Problem(line, "flow.loop", f"{name}: who does nothing comes here again and again")


def _targets(node: Node) -> Iterator[str]:
    return (target for _, target in node.exits())


def _reach(starts: Iterable[str], leads: Callable[[str], Iterable[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(leads(name))
    return reached


def _going_round(flow: Flow) -> list[str]:
    """One step of each circle that a caller walks without doing anything; the queue and a transfer end the walk."""

    def leads(name: str) -> list[str]:
        node = flow.nodes[name]
        ways = [] if node.ends else list(node.silent_exits())
        if node.hears and "silence" not in node.on and "silence" in flow.on:
            ways.append(flow.on["silence"])
        return ways

    found: list[str] = []
    known: set[str] = set()
    for name in flow.nodes:
        if name not in known and name in _reach(leads(name), leads):
            known |= {each for each in _reach([name], leads) if name in _reach(leads(each), leads)}
            found.append(name)
    return found


# --- what is said -----------------------------------------------------------------------------------------------------


def _prompts(loaded: Loaded, flow: Flow) -> Iterator[Problem]:
    said: set[str] = set()
    for name, node in flow.nodes.items():
        for prompt in node.prompts():
            said.add(prompt)
            if prompt not in flow.prompts:
                line = loaded.line_of("nodes", name)
                yield Problem(line, "flow.no_prompt", f"{name}: there is no prompt {prompt}")
    for prompt, texts in flow.prompts.items():
        line = loaded.line_of("prompts", prompt)
        for language in flow.languages:
            if language not in texts:
                yield Problem(line, "flow.no_language", f"prompt {prompt} is missing in {language}")
        for language in texts:
            if language not in flow.languages:
                yield Problem(line, "flow.other_language", f"prompt {prompt}: {language} is no language of the flow")
        if prompt not in said and prompt not in BUILT_IN:
            yield Problem(line, "flow.unsaid", f"prompt {prompt} is never said", serious=False)


def _recordings(loaded: Loaded, recorded: Recorded | None) -> Iterator[Problem]:
    if loaded.flow is None or recorded is None:
        return
    for prompt, texts in loaded.flow.prompts.items():
        for language, text in texts.items():
            if isinstance(text, Recording) and (text.file, language) not in recorded:
                line = loaded.line_of("prompts", prompt, language)
                yield Problem(line, "flow.no_recording", f"prompt {prompt}: no recording {text.file} in {language}")


# --- what is known ----------------------------------------------------------------------------------------------------


def _variables(loaded: Loaded, flow: Flow) -> Iterator[Problem]:
    known, found = set(FACTS), set()
    for node in flow.nodes.values():
        match node:
            case CollectNode():
                known.add(node.collect)
            case SetNode():
                known.update(node.set)
            case SurveyNode():
                known.update(question.into for question in node.survey)
            case OfferCallbackNode():
                known.add("number")
            case LookUpNode():
                found.add(node.into + ".")
            case _:
                pass

    def is_set(variable: str) -> bool:
        return variable in known or any(variable.startswith(prefix) for prefix in found)

    for path, variable in _used(flow):
        if not is_set(variable):
            yield Problem(loaded.line_of(*path), "flow.unset", f"nothing sets {variable}", serious=False)


def _recording(loaded: Loaded, flow: Flow) -> Iterator[Problem]:
    """A word that is another would be taken for nothing, and the caller be asked again."""
    for name, node in flow.nodes.items():
        if isinstance(node, SetNode) and node.set.get(VARIABLE, NOTICES[0]) not in NOTICES:
            line = loaded.line_of("nodes", name, "set", VARIABLE)
            yield Problem(line, "flow.recording", f"{name}: {VARIABLE} is {', '.join(NOTICES[:-1])} or {NOTICES[-1]}")


def _used(flow: Flow) -> Iterator[tuple[tuple[str, ...], str]]:
    for prompt, texts in flow.prompts.items():
        for language, text in texts.items():
            if isinstance(text, str):
                yield from ((("prompts", prompt, language), each) for each in names_in(text))
    for name, node in flow.nodes.items():
        match node:
            case ChooseNode():
                for number, choice in enumerate(node.choose):
                    path = ("nodes", name, "choose", str(number), "when")
                    yield from ((path, each) for each in choice.condition.names())
            case LookUpNode():
                yield from ((("nodes", name, "by", field), each) for field, each in node.by.items())
            case SetNode():
                yield from ((("nodes", name, "set"), each) for each in node.used())
            case _:
                pass
