"""Can a flow be checked, tried and drawn from the command line?"""

import json
import uuid
import xml.etree.ElementTree as xml
from pathlib import Path

import asyncpg
import jsonschema
import pytest
import yaml
from typer.testing import CliRunner, Result

from app.cli import app
from ivr.flow import Flow
from ivr.load import load
from tests.conftest import outside_any_loop

ROOT = Path(__file__).parents[2]
FLOWS = sorted((ROOT / "ivr" / "flows").glob("*.yaml"))
SCHEMA = ROOT / "docs" / "ivr-flow.schema.json"
OPEN = "2026-11-27T03:00:00"  # a Friday, 11:00 in Shanghai


def jackfield(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["ivr", *arguments], input=typed)


def test_flows_that_are_in_order_are_said_to_be() -> None:
    found = jackfield("check", *map(str, FLOWS))

    assert (found.exit_code, found.stdout) == (0, "11 flows are in order\n")


def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("flow: f\nlanguages: [en]\nstart: a\nnodes:\n  a: {say: hi, next: b}\n")
    found, as_json = jackfield("check", str(file)), jackfield("check", "--json", str(file))

    assert found.exit_code == as_json.exit_code == 1
    assert f"{file}:5: error: a: there is no step b [flow.no_such_step]" in found.stdout
    assert {(each["line"], each["text_key"]) for each in json.loads(as_json.stdout)} == {
        (5, "flow.no_such_step"), (5, "flow.no_prompt"),
    }  # fmt: skip


def test_what_is_only_noted_can_be_published(tmp_path: Path) -> None:
    file = tmp_path / "lonely.yaml"
    file.write_text("flow: f\nlanguages: [en]\nstart: a\nnodes:\n  a: {hang_up: ''}\n  b: {hang_up: ''}\n")
    found = jackfield("check", str(file))

    assert (found.exit_code, found.stdout) == (0, f"{file}:6: note: b: no way leads here [flow.unreachable]\n")


NAMING = """\
flow: f
languages: [en]
start: a
prompts:
  hi: {en: {file: hi.wav}}
nodes:
  a: {hang_up: hi}
"""


def test_recordings_are_looked_for_where_a_company_is_named(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "naming.yaml"
    file.write_text(NAMING)
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("JACKFIELD_HOME", str(tmp_path))

    async def upload() -> None:
        conn = await asyncpg.connect(database)
        company, blob = str(uuid.uuid4()), str(uuid.uuid4())
        await conn.execute("INSERT INTO company (id, slug, name) VALUES ($1, 'acme', 'Acme')", company)
        await conn.execute(
            "INSERT INTO blob (id, company_id, kind, media_type, location, state, retention) "
            "VALUES ($1::uuid, $2, 'prompt', 'audio/wav', $1::text, 'stored', 'prompt')", blob, company,
        )  # fmt: skip
        await conn.execute(
            "INSERT INTO prompt (id, company_id, name, language, blob_id, rate, length_ms) "
            "VALUES ($1, $2, 'hi.wav', 'en', $1, 8000, 100)", blob, company,
        )  # fmt: skip
        await conn.close()

    unasked, nobody = jackfield("check", str(file)), jackfield("check", str(file), "--company", "acme")
    outside_any_loop(upload)
    there = jackfield("check", str(file), "--company", "acme")
    file.write_text(NAMING.replace("hi.wav", "ho.wav"))
    missing = jackfield("check", str(file), "--company", "acme")

    assert (unasked.exit_code, there.exit_code) == (0, 0)
    assert (nobody.exit_code, "no company 'acme'" in nobody.output) == (2, True)
    assert missing.exit_code == 1
    assert missing.stdout == f"{file}:5: error: prompt hi: no recording ho.wav in en [flow.no_recording]\n"


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "picture.yaml"
    file.write_bytes(bytes(range(256)) * 10)

    assert jackfield("check", str(file)).exit_code == 1
    assert jackfield("draw", str(file)).exit_code == 1


def test_one_can_be_the_caller() -> None:
    """English, property management, a contract, a valued customer; the queue's limit, a callback."""
    keys = "2\n4\n12345\nnumber=12345\nlimit\n1\ndone\n"
    walked = jackfield(
        "try",
        str(ROOT / "ivr/flows/harbour.yaml"),
        "--at",
        OPEN,
        "--fact",
        "caller=+8613",
        "--fact",
        "value=85",
        typed=keys,
    )

    assert walked.exit_code == 0
    told = [line.strip() for line in walked.stdout.splitlines()]
    assert [line[2:] for line in told if line.startswith("· ")] == [
        "welcome", "language", "open", "main", "contract", "find", "greet", "important", "management_first", "callback",
        "bye_promised",
    ]  # fmt: skip
    assert "waits in Property management, head start 3" in told
    assert "is promised a call to +8613" in told
    assert "the call ends" in told


def test_a_caller_whose_input_ends_hangs_up() -> None:
    walked = jackfield("try", str(ROOT / "ivr/flows/harbour.yaml"), "--at", OPEN)

    assert walked.exit_code == 0
    assert "the flow is over" in walked.stdout


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_a_drawing_shows_every_step_and_every_way(path: Path) -> None:
    drawn = xml.fromstring(jackfield("draw", str(path)).stdout)
    flow = load(path.read_text(encoding="utf-8")).flow
    space = "{http://www.w3.org/2000/svg}"

    assert flow is not None
    names = [each.text for each in drawn.iter(f"{space}text") if each.get("class") == "name"]
    ways = [each for each in drawn.iter(f"{space}path") if (each.get("class") or "").startswith("way")]
    assert sorted(names) == sorted(flow.nodes)  # type: ignore[type-var]
    assert len(ways) == sum(len(list(node.exits())) for node in flow.nodes.values())


def test_the_schema_in_git_is_that_of_the_flows() -> None:
    """If not: jackfield ivr schema > docs/ivr-flow.schema.json"""
    assert json.loads(SCHEMA.read_text()) == Flow.model_json_schema()


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_an_editor_with_the_schema_finds_nothing_wrong_with_the_examples(path: Path) -> None:
    jsonschema.validate(texts_of(yaml.safe_load(path.read_text(encoding="utf-8"))), json.loads(SCHEMA.read_text()))


def texts_of(value: object) -> object:
    """Keys as an editor's YAML 1.2 has them in JSON: texts."""
    if isinstance(value, dict):
        return {"on" if key is True else str(key): texts_of(each) for key, each in value.items()}
    return [texts_of(each) for each in value] if isinstance(value, list) else value
