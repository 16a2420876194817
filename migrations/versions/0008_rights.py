"""What may the product itself do in its database?

`migrate` runs as the owner; `serve` becomes jackfield_app, which can neither change nor delete a row of
audit and event.
Partitions are made by a function of the owner, for only an owner can make them.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

ROLE = """
DO $$
BEGIN
    CREATE ROLE jackfield_app NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;  -- made for another database of this server
    WHEN insufficient_privilege THEN
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'jackfield_app') THEN
            RAISE EXCEPTION 'the role jackfield_app is missing and % may not make it', current_user
                USING HINT = 'as a superuser: CREATE ROLE jackfield_app NOLOGIN';
        END IF;
END
$$
"""

OWNER_MAY_BECOME_IT = """
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT jackfield_app TO %I', current_user);
    END IF;
END
$$
"""

GRANTS = (
    "GRANT USAGE ON SCHEMA public TO jackfield_app",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO jackfield_app",
    "REVOKE UPDATE, DELETE ON audit, event FROM jackfield_app",
    "REVOKE UPDATE, DELETE ON queue_version, config_change FROM jackfield_app",
    "GRANT UPDATE (state) ON queue_version TO jackfield_app",
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM jackfield_app",
)

# Made aside and attached: that waits for nobody who writes. Months are those of UTC, whatever the server's zone.
MAKE_PARTITIONS = """
CREATE FUNCTION make_partitions(months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET timezone = 'UTC'
SET lock_timeout = '1s'
AS $$
DECLARE
    parent text;
    first timestamptz;
    part text;
    made integer := 0;
BEGIN
    FOREACH parent IN ARRAY ARRAY['event', 'decision'] LOOP
        FOR ahead IN 0..months LOOP
            first := date_trunc('month', now()) + make_interval(months => ahead);
            part := parent || to_char(first, '_YYYY_MM');
            CONTINUE WHEN to_regclass(part) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent);
            EXECUTE format(
                'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                parent, part, first, first + interval '1 month'
            );
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$
"""

PARTITIONS = (
    "CREATE TABLE event_default PARTITION OF event DEFAULT",
    "CREATE TABLE decision_default PARTITION OF decision DEFAULT",
    "GRANT SELECT ON event_default, decision_default TO jackfield_app",  # strayed rows are looked for
    MAKE_PARTITIONS,
    "REVOKE ALL ON FUNCTION make_partitions(integer) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION make_partitions(integer) TO jackfield_app",
    "SELECT make_partitions(3)",
)

# One domain ships; every key carries it all the same.
FIRST_DOMAIN = (
    "INSERT INTO domain (id, name) VALUES (1, 'main')",
    "INSERT INTO writer (domain_id, epoch, owner) VALUES (1, 0, '')",
)


def upgrade() -> None:
    # Rights before partitions: those are reached through their parents alone.
    for statement in (ROLE, OWNER_MAY_BECOME_IT, *GRANTS, *PARTITIONS, *FIRST_DOMAIN):
        op.execute(statement)
