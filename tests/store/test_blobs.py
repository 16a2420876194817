"""Is every file known before it exists, whole when it is given out, and gone when its time has come?"""

from pathlib import Path

import pytest

from app.store import blobs
from app.store.files import FileBlobs, UnsafeLocation
from tests.store.centre import Centre, new_id


@pytest.fixture
def files(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path)


def new_blob(centre: Centre, delete_after_us: int | None = None) -> blobs.NewBlob:
    return blobs.NewBlob(
        new_id(), centre.company_ids[0], "fax", "image/tiff", "faxes", filename="a.tif", delete_after_us=delete_after_us
    )


async def row_of(db, blob_id: str):
    async with db.engine.connect() as conn:
        return await blobs.read(conn, blob_id, None)


async def test_what_is_stored_comes_back(db, centre, files):
    new = new_blob(centre)
    await blobs.store(db.engine, files, new, b"page one")

    row = await row_of(db, new.id)

    assert (row["state"], row["size_bytes"]) == ("stored", 8)
    assert await blobs.content(files, row) == b"page one"


async def test_the_row_is_there_before_the_file(db, centre, files, tmp_path):
    """A disk that is full leaves a row that says what is missing, never a file that nobody knows of."""

    class FullDisk(FileBlobs):
        async def put(self, location: str, content: bytes) -> None:
            raise OSError(28, "No space left on device")

    new = new_blob(centre)
    with pytest.raises(OSError, match="No space"):
        await blobs.store(db.engine, FullDisk(tmp_path), new, b"x")

    assert (await row_of(db, new.id))["state"] == "expected"


@pytest.mark.parametrize("content", [b"another page", b""])
async def test_a_file_that_was_changed_is_not_given_out(db, centre, files, tmp_path, content):
    new = new_blob(centre)
    await blobs.store(db.engine, files, new, b"page one")
    (tmp_path / new.location).write_bytes(content)

    with pytest.raises(blobs.NotWhole):
        await blobs.content(files, await row_of(db, new.id))


async def test_a_file_that_is_gone_is_told(db, centre, files, tmp_path):
    new = new_blob(centre)
    await blobs.store(db.engine, files, new, b"page one")
    (tmp_path / new.location).unlink()

    with pytest.raises(blobs.NotWhole):
        await blobs.content(files, await row_of(db, new.id))


async def test_another_company_does_not_see_it(db, centre, files):
    new = new_blob(centre)
    await blobs.store(db.engine, files, new, b"page one")

    async with db.engine.connect() as conn:
        assert await blobs.read(conn, new.id, [centre.company_ids[1]]) is None
        assert await blobs.read(conn, new.id, [centre.company_ids[0]]) is not None
        assert not await blobs.hold(conn, new.id, [centre.company_ids[1]], True)


async def test_what_was_expected_for_an_hour_is_found_or_missing(db, centre, files, owner):
    came, lost, young = (new_blob(centre) for _ in range(3))
    async with db.engine.begin() as conn:
        for new in (came, lost, young):
            await blobs.expect(conn, new)
    await files.put(came.location, b"page one")  # died before the row was told
    await owner.execute("UPDATE blob SET created_at = now() - interval '2 h' WHERE id <> $1", young.id)

    assert await blobs.find_missing(db.engine, files) == 1

    assert [(await row_of(db, new.id))["state"] for new in (came, lost, young)] == ["stored", "missing", "expected"]
    assert await blobs.content(files, await row_of(db, came.id)) == b"page one"


async def test_a_file_goes_when_its_time_has_come_unless_it_is_held(db, centre, files, tmp_path):
    past, future = 1_000_000, 9_000_000_000_000_000
    due, held, later = new_blob(centre, past), new_blob(centre, past), new_blob(centre, future)
    for new in (due, held, later):
        await blobs.store(db.engine, files, new, b"page")
    async with db.engine.begin() as conn:
        await blobs.hold(conn, held.id, None, True)

    assert await blobs.delete_due(db.engine, files) == 1
    assert await blobs.delete_due(db.engine, files) == 0

    assert not (tmp_path / due.location).exists()
    row = await row_of(db, due.id)
    assert (row["state"], row["filename"], row["sha256"]) == ("erased", None, None)
    assert [(await row_of(db, new.id))["state"] for new in (held, later)] == ["stored", "stored"]
    with pytest.raises(blobs.NotWhole):
        await blobs.content(files, row)


@pytest.mark.parametrize("location", ["../x", "/etc/passwd", "a/../../x", "", "a\x00b"])
async def test_no_location_leaves_the_folder(files, location):
    with pytest.raises(UnsafeLocation):
        await files.put(location, b"x")
    with pytest.raises(UnsafeLocation):
        await files.get(location)


async def test_files_are_for_the_owner_alone_and_nothing_unfinished_is_left(files, tmp_path):
    await files.put("a/b/c", b"x")
    await files.put("a/b/c", b"y")

    assert await files.get("a/b/c") == b"y"
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["c"]
    assert (tmp_path / "a" / "b" / "c").stat().st_mode & 0o777 == 0o600
    assert await files.exists("a/b/c")
    await files.delete("a/b/c")
    await files.delete("a/b/c")
    assert not await files.exists("a/b/c")
