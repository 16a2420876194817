"""One mail system for all tests of a process; each test has a server and a database of its own, and empty mailboxes."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mail.post_office import ALICE, SALES, SUPPORT, PostOffice, why_not


@pytest.fixture(scope="session")
def whole_office() -> Iterator[PostOffice]:
    with tempfile.TemporaryDirectory(prefix="jackfield-mail-") as folder:
        made = PostOffice.configured(Path(folder))
        try:
            made.start()
            yield made
        finally:
            made.stop()


@pytest.fixture
def office(whole_office: PostOffice) -> PostOffice:
    whole_office.empty(SUPPORT, SALES, ALICE, "bob@customer.test", "carol@customer.test")
    return whole_office


NEED_NO_OFFICE = ("test_reading.py", "test_quotes_and_markup.py", "test_writing.py", "test_proof.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    reason = why_not()
    for item in items:
        if item.path.is_relative_to(here) and item.path.name not in NEED_NO_OFFICE:
            item.add_marker(pytest.mark.mail)
            if reason is not None:
                item.add_marker(pytest.mark.skip(reason=reason))
