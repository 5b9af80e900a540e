"""Let others vouch for people."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The kinds of columns as they were when this was written.
ID = sa.LargeBinary().with_variant(postgresql.UUID(), "postgresql")
MOMENT = sa.String().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
TEXT = sa.String().with_variant(postgresql.TEXT(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "providers",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("client_secret", TEXT, nullable=False),
        sa.Column("company_id", ID, nullable=True),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('microsoft', 'google', 'github', 'openid')",
            name=op.f("ck_providers_kind_known"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_providers_version_at_least_1")),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["companies.id"],
            name=op.f("fk_providers_company_id_companies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
    )
    op.create_index("ix_providers_company_id", "providers", ["company_id"])

    op.create_table(
        "errands",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("secrets", TEXT, nullable=False),
        sa.Column("claim", DOCUMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "purpose IN ('sign-in', 'link', 'prove')", name=op.f("ck_errands_purpose_known")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["providers.id"],
            name=op.f("fk_errands_provider_id_providers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_errands_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_errands")),
    )
    op.create_index("ix_errands_ends_at", "errands", ["ends_at"])
    op.create_index("ix_errands_provider_id", "errands", ["provider_id"])
    op.create_index("ix_errands_user_id", "errands", ["user_id"])

    op.create_table(
        "links",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["providers.id"],
            name=op.f("fk_links_provider_id_providers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_links_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("provider_id", "subject", name=op.f("uq_links_provider_id")),
    )
    op.create_index("ix_links_user_id", "links", ["user_id"])

    with op.batch_alter_table("challenges") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_challenges_method_known"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_challenges_method_known"),
            "method IN ('password', 'code', 'recovery-code', 'passkey', 'provider')",
        )
        batch_op.add_column(sa.Column("provider_id", ID, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_challenges_provider_id_providers"),
            "providers",
            ["provider_id"],
            ["id"],
            ondelete="CASCADE",
        )

    with op.batch_alter_table("sessions") as batch_op:
        batch_op.add_column(sa.Column("provider_id", ID, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_sessions_provider_id_providers"),
            "providers",
            ["provider_id"],
            ["id"],
            ondelete="SET NULL",
        )


def downgrade() -> None:
    with op.batch_alter_table("sessions") as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_sessions_provider_id_providers"), type_="foreignkey"
        )
        batch_op.drop_column("provider_id")

    op.execute("DELETE FROM challenges WHERE method = 'provider'")
    with op.batch_alter_table("challenges") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_challenges_method_known"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_challenges_method_known"),
            "method IN ('password', 'code', 'recovery-code', 'passkey')",
        )
        batch_op.drop_constraint(
            batch_op.f("fk_challenges_provider_id_providers"), type_="foreignkey"
        )
        batch_op.drop_column("provider_id")

    op.drop_table("links")
    op.drop_table("errands")
    op.drop_table("providers")
