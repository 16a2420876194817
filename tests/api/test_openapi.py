"""Is the OpenAPI document in git the one that the doors keep?"""

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from app import rights
from app.api_document import document

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return document()


def operations(made: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, each) for path, methods in made["paths"].items() for method, each in methods.items()]


def test_the_document_in_git_is_that_of_the_doors(made):
    """If not: jackfield openapi > docs/openapi.json"""
    assert json.loads(FILE.read_text()) == json.loads(json.dumps(made))


def test_the_document_is_openapi_3_1(made):
    assert made["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(made).iter_errors()) == []


def test_every_operation_has_a_name_of_its_own_and_a_right(made):
    names = [operation["operationId"] for _, _, operation in operations(made)]

    assert len(names) == len(set(names))
    assert set(names) == set(rights.TABLE) - {"openapi_document"}


def test_every_refusal_is_a_problem(made):
    for _, _, operation in operations(made):
        refusals = {status for status in operation["responses"] if status >= "400"}

        assert {"401", "404", "413", "415", "422", "429", "503"} <= refusals
        for status in refusals:
            assert operation["responses"][status] == {"$ref": f"#/components/responses/Refused{status}"}


def test_every_text_and_list_of_a_request_has_a_bound(made):
    """So that the document says what is too long, and nothing unbounded reaches the database."""
    unbounded: list[str] = []

    def look(schema: Any, where: str) -> None:
        if not isinstance(schema, dict):
            return
        if "$ref" in schema:
            look(made["components"]["schemas"][schema["$ref"].rpartition("/")[2]], where)
            return
        kind = schema.get("type")
        if kind == "string" and not {"maxLength", "pattern", "enum", "const", "format"} & schema.keys():
            unbounded.append(where)
        if kind == "array" and "maxItems" not in schema:
            unbounded.append(where)
        if kind in ("integer", "number") and not {"maximum", "exclusiveMaximum"} & schema.keys():
            unbounded.append(where)
        for name, inside in schema.get("properties", {}).items():
            look(inside, f"{where}/{name}")
        for inside in (schema.get("items"), schema.get("additionalProperties"), schema.get("propertyNames")):
            look(inside, f"{where}/*")
        for inside in (*schema.get("anyOf", ()), *schema.get("allOf", ()), *schema.get("oneOf", ())):
            look(inside, where)

    for _, _, operation in operations(made):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        look(body.get("schema"), operation["operationId"])
        for parameter in operation.get("parameters", ()):
            if parameter["in"] != "path":  # the path itself is bounded
                look(parameter["schema"], f"{operation['operationId']}?{parameter['name']}")

    assert unbounded == []
