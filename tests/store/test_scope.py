"""Is the company filter there for every table that holds a company's things?"""

import pytest
from sqlalchemy import select

from app.store import tables, turn
from app.store.columns import metadata
from app.store.scope import within
from tests.store.centre import Life, together

COMPANYS_OWN = ("contact", "stay", "segment", "leg", "effect", "event", "contact_message", "blob")


async def test_each_company_sees_its_own_rows_alone(db, session, centre):
    both = together([Life(centre, centre.agent_ids[n], company=n).arrives() for n in (0, 1)])
    await turn.commit(session, both, 1)

    async with db.engine.connect() as conn:
        for name in ("contact", "stay", "segment", "leg", "event"):
            table = metadata.tables[name]
            everything = len((await conn.execute(select(table).where(within(None, table)))).all())
            seen = [
                {str(row) for row in await conn.execute(select(table).where(within([company_id], table)))}
                for company_id in centre.company_ids
            ]

            assert len(seen[0]) == len(seen[1]) == everything // 2 > 0, name
            assert not seen[0] & seen[1], name


async def test_nobody_is_not_everybody(db, session, centre):
    await turn.commit(session, Life(centre, centre.agent_ids[0]).arrives(), 1)

    async with db.engine.connect() as conn:
        assert (await conn.execute(select(tables.contact).where(within([], tables.contact)))).all() == []


@pytest.mark.parametrize("name", COMPANYS_OWN)
def test_the_filter_knows_every_table_of_a_company(name):
    assert "IN" in str(within(["x"], metadata.tables[name]))


def test_a_table_of_no_company_cannot_be_filtered_by_mistake():
    with pytest.raises(LookupError):
        within(["x"], tables.agent)
