"""Is what is wrong with a flow found before a caller finds it, and is its line told?"""

from pathlib import Path

import pytest

from ivr.check import check, serious
from ivr.load import BYTES_MAX, Problem, load

FLOWS = sorted((Path(__file__).parents[2] / "ivr" / "flows").glob("*.yaml"))
HEAD = "flow: f\nlanguages: [en]\nstart: a\n"


def text_of(*lines: str, head: str = HEAD) -> str:
    return head + "\n".join(lines) + "\n"


def found(text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.text_key) for problem in check(text)]


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_the_example_flows_are_in_order(path: Path) -> None:
    assert check(path.read_text(encoding="utf-8")) == []


def test_a_step_that_is_not_there_is_told_in_the_line_that_names_it() -> None:
    text = text_of(
        "prompts: {p: {en: Hi}}", "nodes:", "  a:", "    menu: p", "    keys:", "      1: nowhere", "      2: b",
        "  b: {hang_up: ''}",
    )  # fmt: skip

    assert found(text) == [(9, "flow.no_such_step")]
    assert found(text.replace("start: a", "start: c").replace("nowhere", "b")) == [(3, "flow.no_such_step")]


def test_a_step_that_nobody_reaches_is_told_and_may_be_published() -> None:
    problems = check(HEAD + "nodes:\n  a: {hang_up: ''}\n  lonely: {hang_up: ''}\n")

    assert problems == [Problem(6, "flow.unreachable", "lonely: no way leads here", serious=False)]
    assert not serious(problems)


def test_a_step_from_which_no_way_ends_the_call_is_told() -> None:
    text = text_of(
        "prompts: {p: {en: Hi}}", "nodes:", "  a: {menu: p, keys: {1: b, 2: z}}", "  z: {hang_up: ''}",
        "  b: {menu: p, keys: {1: b}}",
    )  # fmt: skip

    assert found(text) == [(8, "flow.dead_end")]


@pytest.mark.parametrize(
    "nodes",
    [
        "a: {set: {x: y}, next: b}\n  b: {choose: [{when: x, next: a}], otherwise: z}",
        "a: {say: p, next: b}\n  b: {menu: p, keys: {1: z}, on: {silence: a}}",
    ],
    ids=["nobody is asked", "who does nothing"],
)
def test_a_loop_without_input_is_told(nodes: str) -> None:
    text = HEAD + f"prompts: {{p: {{en: Hi}}}}\nnodes:\n  {nodes}\n  z: {{hang_up: ''}}\n"

    assert (6, "flow.loop") in found(text)


def test_a_loop_that_the_caller_walks_is_none() -> None:
    text = text_of(
        "prompts: {p: {en: Hi}}", "nodes:", "  a: {menu: p, keys: {1: a, 2: z}, on: {silence: z}}",
        "  z: {hang_up: ''}",
    )  # fmt: skip

    assert found(text) == []


def test_prompts_that_are_missing_or_never_said_are_told() -> None:
    text = text_of(
        "prompts:", "  p: {en: Hi}", "  q: {en: Hi, zh-CN: 你好}", "nodes:", "  a: {say: p, next: b}",
        "  b: {hang_up: r}",
        head=HEAD.replace("[en]", "[en, zh-CN]"),
    )  # fmt: skip

    assert found(text) == [(5, "flow.no_language"), (6, "flow.unsaid"), (9, "flow.no_prompt")]


def test_a_recording_that_is_not_there_is_told_in_the_line_that_names_it() -> None:
    text = text_of(
        "prompts:", "  p:", "    zh-CN: {file: hello.wav}", "    en: {file: hello.wav}", "nodes:", "  a: {hang_up: p}",
        head=HEAD.replace("[en]", "[en, zh-CN]"),
    )  # fmt: skip
    problem = Problem(7, "flow.no_recording", "prompt p: no recording hello.wav in en")

    assert check(text) == [], "nobody asked what is there"
    assert check(text, {("hello.wav", "zh-CN")}) == [problem]
    assert serious([problem])
    assert check(text, {("hello.wav", "zh-CN"), ("hello.wav", "en")}) == []


def test_a_variable_that_nothing_sets_is_told() -> None:
    text = text_of(
        "prompts:", "  p:", "    en: 'Order {order}'", "nodes:", "  a: {say: p, next: b}", "  b:", "    choose:",
        "      - {when: order.paid, next: c}", "    otherwise: c", "  c: {hang_up: ''}",
    )  # fmt: skip

    assert found(text) == [(6, "flow.unset"), (11, "flow.unset")]


@pytest.mark.parametrize("word", ["announced", "consented", "declined"])
def test_a_flow_says_by_a_variable_that_its_caller_knows_of_the_recording(word: str) -> None:
    text = text_of(
        "nodes:", "  a:", "    next: b", f"    set: {{other: '{{caller}}', recording: {word}}}", "  b: {hang_up: ''}"
    )

    assert found(text) == []
    assert found(text.replace(word, "yes")) == [(7, "flow.recording")]
    assert found(text.replace(word, "'{caller}'")) == [(7, "flow.recording")]
    assert serious(check(text.replace(word, "''")))


@pytest.mark.parametrize(
    ("node", "key"),
    [
        ("{say: p}", "flow.missing"),
        ("{say: p, next: b, nxet: c}", "flow.extra_forbidden"),
        ("{shout: p, next: b}", "flow.verb"),
        ("{menu: p, collect: x, next: b}", "flow.verb"),
        ("{menu: p, keys: {10: b}}", "flow.string_pattern_mismatch"),
        ("{collect: x, ask: p, next: b, digits_min: 9, digits_max: 3}", "flow.digits_order"),
        ("{collect: X!, ask: p, next: b}", "flow.string_pattern_mismatch"),
        ("{choose: [{when: 'x >=', next: b}], otherwise: b}", "flow.condition"),
        ("{choose: [{when: 'open(1)', next: b}], otherwise: b}", "flow.condition"),
        ("{look_up: http, by: {a: caller}, into: x, next: b, none: b}", "flow.look_up_endpoint"),
        ("{hours: {zone: Atlantis}, open: b, closed: b}", "flow.hours"),
        ("{transfer: '0900 1234'}", "flow.string_pattern_mismatch"),
        ("{voicemail: p, next: b, max_s: 9999}", "flow.less_than_equal"),
        ("{enqueue: ''}", "flow.string_too_short"),
        ("{menu: p, keys: {1: b}, tries: 0}", "flow.greater_than_equal"),
        ("{menu: p, keys: {1: b}, first_s: inf}", "flow.less_than_equal"),
    ],
)
def test_a_step_that_cannot_be_read_is_told_in_its_line(node: str, key: str) -> None:
    text = HEAD + f"prompts: {{p: {{en: Hi}}}}\nnodes:\n  b: {{hang_up: ''}}\n  a: {node}\n"
    problems = check(text)

    assert {(problem.line, problem.text_key) for problem in problems} == {(7, key)}
    assert all("a" in problem.detail for problem in problems)


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("", 1, "flow.yaml"),
        ("- a\n- b\n", 1, "flow.yaml"),
        ("flow: f\nnodes:\n  a: {hang_up: ''\n", 4, "flow.yaml"),
        ("flow: &x f\nabout: *x\n", 1, "flow.anchor"),
        ("flow: \u0000", 1, "flow.yaml"),
        ("a: " + "[" * 50 + "]" * 50, 1, "flow.yaml"),
        ("x" * (BYTES_MAX + 1), 1, "flow.too_large"),
        ("? {a: b}\n: c\n", 1, "flow.yaml"),
    ],
    ids=["empty", "a list", "not closed", "an alias", "NUL", "deep", "large", "a mapping as key"],
)
def test_what_is_no_flow_is_told_and_never_raises(text: str, line: int, key: str) -> None:
    assert found(text) == [(line, key)]


def test_a_key_that_stands_twice_is_told() -> None:
    text = HEAD + "nodes:\n  a: {hang_up: ''}\n  a: {hang_up: ''}\n"

    assert found(text) == [(6, "flow.twice")]


def test_words_that_other_readers_take_for_true_and_false_stay_words() -> None:
    text = text_of(
        "prompts: {p: {no: yes}}", "nodes:", "  'off': {menu: p, keys: {1: end}, on: {silence: end}}",
        "  end: {hang_up: ''}",
        head="flow: f\nlanguages: [no]\nstart: 'off'\n",
    )  # fmt: skip
    loaded = load(text)

    assert loaded.problems == ()
    assert loaded.flow is not None
    assert loaded.flow.nodes["off"].on == {"silence": "end"}
