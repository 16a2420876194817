"""When do explanations go?

A month's partition goes as a whole once its last row is old enough. Only an owner can drop a table, so that a function
of the owner does it; it waits for nobody for long, for whoever writes decisions would wait behind it.
"""

from alembic import op

revision = "0015"
down_revision = "0011"

DROP_OLD_DECISIONS = """
CREATE FUNCTION drop_old_decisions(days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET timezone = 'UTC'
SET lock_timeout = '200ms'
AS $$
DECLARE
    part text;
    dropped integer := 0;
BEGIN
    IF days < 1 THEN
        RAISE EXCEPTION 'decisions are kept for a day at least';
    END IF;
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'decision'::regclass AND c.relname ~ '^decision_[0-9]{4}_[0-9]{2}$'
            AND to_timestamp(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= now() - make_interval(days => days)
        ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE %I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$
"""

STATEMENTS = (
    DROP_OLD_DECISIONS,
    "REVOKE ALL ON FUNCTION drop_old_decisions(integer) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION drop_old_decisions(integer) TO jackfield_app",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
