"""Keep variables of companies, for forms and automation."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.LargeBinary().with_variant(postgresql.UUID(), "postgresql")
MOMENT = sa.String().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
TEXT = sa.String().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "company_variables",
        sa.Column("company_id", ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('text', 'number', 'yes-no', 'date', 'secret')",
            name=op.f("ck_company_variables_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["companies.id"],
            name=op.f("fk_company_variables_company_id_companies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "name", name=op.f("pk_company_variables")),
    )


def downgrade() -> None:
    op.drop_table("company_variables")
