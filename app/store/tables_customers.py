"""Who are the companies' customers? Everything here is personal and can be erased."""

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from app.store.columns import between, document, instant, metadata, one_of, small, token, uid, version, whole, words
from contacts.customer import AddressKind, CustomerKind, Level

customer = Table(
    "customer",
    metadata,
    uid("id", primary_key=True),
    uid("company_id", ForeignKey("company.id")),
    one_of("kind", CustomerKind, server_default=text("'person'")),
    words("name"),
    token("language", 35, nullable=True),
    token("zone", nullable=True),
    small("value", server_default=text("0")),
    document("value_terms", 4, default="'{}'"),
    instant("value_as_of", nullable=True),
    whole("value_version", server_default=text("0")),
    uid("merged_into", nullable=True),
    instant("created_at", now=True),
    instant("erased_at", nullable=True),
    instant("blanked_at", nullable=True),  # nothing personal is left anywhere
    version(),
    between("value", 0, 100),
    UniqueConstraint("company_id", "id"),
    ForeignKeyConstraint(["company_id", "merged_into"], ["customer.company_id", "customer.id"]),
    CheckConstraint("merged_into <> id", "merged_into_another"),
)

Index(
    "ix_customer_unblanked",
    customer.c.erased_at,
    postgresql_where=text("erased_at IS NOT NULL AND blanked_at IS NULL"),
)

customer_relation = Table(
    "customer_relation",
    metadata,
    uid("company_id"),
    uid("a"),
    uid("b"),
    one_of("role", ("owner", "colleague", "household", "partner")),
    PrimaryKeyConstraint("company_id", "a", "b", "role"),
    ForeignKeyConstraint(["company_id", "a"], ["customer.company_id", "customer.id"], name="fk_customer_relation_a"),
    ForeignKeyConstraint(["company_id", "b"], ["customer.company_id", "customer.id"], name="fk_customer_relation_b"),
)

customer_address = Table(
    "customer_address",
    metadata,
    uid("company_id"),
    uid("customer_id"),
    one_of("kind", AddressKind),
    token("address", 254),  # canonical, see contacts/identify.py
    one_of("level", Level),
    token("source"),
    instant("at", now=True),
    PrimaryKeyConstraint("company_id", "customer_id", "kind", "address"),
    ForeignKeyConstraint(["company_id", "customer_id"], ["customer.company_id", "customer.id"]),
)
Index("ix_customer_address_address", customer_address.c.company_id, customer_address.c.kind, customer_address.c.address)

customer_fact = Table(
    "customer_fact",
    metadata,
    uid("company_id"),
    uid("customer_id"),
    token("key"),
    document("value", 4),
    token("source"),
    instant("at", now=True),
    small("confidence", server_default=text("100")),
    between("confidence", 0, 100),
    PrimaryKeyConstraint("company_id", "customer_id", "key"),
    ForeignKeyConstraint(["company_id", "customer_id"], ["customer.company_id", "customer.id"]),
)
# A flow finds a customer by what is known of them; a long text by its beginning first.
Index(
    "ix_customer_fact_value",
    customer_fact.c.company_id,
    customer_fact.c.key,
    text("\"left\"(value #>> '{}'::text[], 200)"),
)

# In which contacts something stands of a customer because a flow looked them up: blanked with the customer.
customer_found = Table(
    "customer_found",
    metadata,
    uid("company_id"),
    uid("customer_id"),
    uid("contact_id", ForeignKey("contact.id")),
    PrimaryKeyConstraint("company_id", "customer_id", "contact_id"),
    ForeignKeyConstraint(["company_id", "customer_id"], ["customer.company_id", "customer.id"]),
)
