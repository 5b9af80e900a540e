"""Know companies better: where they are, what others call them, and which are history."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.LargeBinary().with_variant(postgresql.UUID(), "postgresql")
MOMENT = sa.String().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
TEXT = sa.String().with_variant(postgresql.TEXT(collation="C"), "postgresql")

_TEXTS = ("street", "city", "region", "postcode", "country", "archive_reason")
_IDS = ("syncro_id", "xero_id", "entra_tenant_id")


def upgrade() -> None:
    with op.batch_alter_table("companies") as batch_op:
        for name in _TEXTS:
            batch_op.add_column(_filled(name, TEXT, "''"))
        batch_op.add_column(_filled("locale", TEXT, "'en'"))
        batch_op.add_column(_filled("vip", sa.Boolean(), "false"))
        for name in _IDS:
            batch_op.add_column(sa.Column(name, TEXT, nullable=True))
            batch_op.create_unique_constraint(op.f(f"uq_companies_{name}"), [name])
        batch_op.add_column(sa.Column("parent_id", ID, nullable=True))
        batch_op.add_column(sa.Column("archived_at", MOMENT, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_companies_parent_id_companies"),
            "companies",
            ["parent_id"],
            ["id"],
            ondelete="SET NULL",
        )
        batch_op.create_index("ix_companies_parent_id", ["parent_id"])
    with op.batch_alter_table("companies") as batch_op:
        for name in (*_TEXTS, "locale", "vip"):
            batch_op.alter_column(name, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("companies") as batch_op:
        batch_op.drop_constraint(
            op.f("fk_companies_parent_id_companies"), type_="foreignkey"
        )
        batch_op.drop_index("ix_companies_parent_id")
        for name in _IDS:
            batch_op.drop_constraint(op.f(f"uq_companies_{name}"), type_="unique")
        for name in (*_TEXTS, *_IDS, "locale", "vip", "parent_id", "archived_at"):
            batch_op.drop_column(name)


def _filled(name: str, kind: sa.types.TypeEngine[Any], value: str) -> sa.Column[Any]:
    """Return a column that the rows which are there get with this value."""
    return sa.Column(name, kind, nullable=False, server_default=sa.text(value))
