"""One Asterisk for all tests that need no other; each test has a server and a database of its own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pbx.pbx import Pbx, why_not


@pytest.fixture(scope="session")
def pbx() -> Iterator[Pbx]:
    with tempfile.TemporaryDirectory(prefix="jackfield-pbx-") as folder:
        made = Pbx.configured(Path(folder))
        made.start()
        yield made
        made.stop()


@pytest.fixture(autouse=True)
def _quiet(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test that failed has left on the wires does not come to the next one."""
    yield
    if "pbx" in request.fixturenames:
        request.getfixturevalue("pbx").say("channel request hangup all")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    reason = why_not()
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.pbx)
            if reason is not None:
                item.add_marker(pytest.mark.skip(reason=reason))
