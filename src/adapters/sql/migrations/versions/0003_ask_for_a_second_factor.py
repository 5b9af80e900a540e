"""Ask for a second factor, know browsers again, and send links that work once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The kinds of columns as they were when this was written.
ID = sa.LargeBinary().with_variant(postgresql.UUID(), "postgresql")
MOMENT = sa.String().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
TEXT = sa.String().with_variant(postgresql.TEXT(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "authenticators",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("secret", TEXT, nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_authenticators_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authenticators")),
    )
    op.create_index("ix_authenticators_user_id", "authenticators", ["user_id"])

    op.create_table(
        "browsers",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("network", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("trusted_until", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_browsers_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browsers")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_browsers_token_hash")),
    )
    op.create_index("ix_browsers_seen_at", "browsers", ["seen_at"])
    op.create_index("ix_browsers_user_id", "browsers", ["user_id", "network"])

    op.create_table(
        "challenges",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("method", TEXT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "method IN ('password', 'code', 'recovery-code', 'passkey')",
            name=op.f("ck_challenges_method_known"),
        ),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_challenges_tries_at_least_0")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_challenges_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_challenges")),
    )
    op.create_index("ix_challenges_ends_at", "challenges", ["ends_at"])
    op.create_index("ix_challenges_user_id", "challenges", ["user_id"])

    op.create_table(
        "ceremonies",
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_ceremonies_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_ceremonies")),
    )
    op.create_index("ix_ceremonies_ends_at", "ceremonies", ["ends_at"])
    op.create_index("ix_ceremonies_user_id", "ceremonies", ["user_id"])

    op.create_table(
        "one_time_tokens",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "purpose IN ('reset', 'invitation')",
            name=op.f("ck_one_time_tokens_purpose_known"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_one_time_tokens_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "purpose", name=op.f("pk_one_time_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_tokens_token_hash")),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "sign_count >= 0", name=op.f("ck_passkeys_sign_count_at_least_0")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_passkeys_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index("ix_passkeys_user_id", "passkeys", ["user_id"])

    op.create_table(
        "recovery_codes",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_recovery_codes_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "digest", name=op.f("pk_recovery_codes")),
    )
    _add("companies", sa.Column("sign_in", DOCUMENT), "'{}'")
    _add("users", sa.Column("must_change_password", sa.Boolean()), "false")

    op.execute("DELETE FROM sessions")  # people sign in again, and are known from then on
    with op.batch_alter_table("sessions") as batch_op:
        batch_op.add_column(sa.Column("id", ID, nullable=False))
        batch_op.add_column(sa.Column("methods", DOCUMENT, nullable=False))
        batch_op.add_column(sa.Column("proved_at", MOMENT, nullable=False))
        batch_op.create_unique_constraint(batch_op.f("uq_sessions_id"), ["id"])


def _add(table: str, column: sa.Column[object], value: str) -> None:
    """Add a column that may not be empty, with a value for the rows that are there."""
    kind = column.type
    op.add_column(table, column)
    op.execute(f"UPDATE {table} SET {column.name} = {value}")  # noqa: S608 - our own words
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column(column.name, existing_type=kind, nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("must_change_password")

    with op.batch_alter_table("sessions") as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_sessions_id"), type_="unique")
        batch_op.drop_column("proved_at")
        batch_op.drop_column("methods")
        batch_op.drop_column("id")

    with op.batch_alter_table("companies") as batch_op:
        batch_op.drop_column("sign_in")

    op.drop_table("recovery_codes")
    op.drop_table("passkeys")
    op.drop_table("one_time_tokens")
    op.drop_table("ceremonies")
    op.drop_table("challenges")
    op.drop_table("browsers")
    op.drop_table("authenticators")
