"""Decide right by right: more roles, custom ones, exceptions, and technicians' grants."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.LargeBinary().with_variant(postgresql.UUID(), "postgresql")
MOMENT = sa.String().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
TEXT = sa.String().with_variant(postgresql.TEXT(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

_FEW_ROLES = "role IN ('administrator', 'buyer', 'member')"
_ROLES = (
    "role IN ('owner', 'administrator', 'buyer', 'approver', 'finance', "
    "'staff-manager', 'member', 'custom')"
)
_ONE_MSP_ROLE = "msp_role IN ('msp-administrator') OR msp_role IS NULL"
_MSP_ROLES = "msp_role IN ('msp-administrator', 'msp-technician') OR msp_role IS NULL"


def upgrade() -> None:
    op.create_table(
        "custom_roles",
        sa.Column("id", ID, nullable=False),
        sa.Column("company_id", ID, nullable=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("permissions", DOCUMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_custom_roles_version_at_least_1")),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["companies.id"],
            name=op.f("fk_custom_roles_company_id_companies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_roles")),
        sa.UniqueConstraint(
            "company_id", "name_key", name=op.f("uq_custom_roles_company_id")
        ),
    )
    of_msp = sa.text("company_id IS NULL")
    op.create_index(
        "uq_custom_roles_msp_name_key",
        "custom_roles",
        ["name_key"],
        unique=True,
        sqlite_where=of_msp,
        postgresql_where=of_msp,
    )
    op.create_table(
        "technician_grants",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("company_id", ID, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("granted_by", TEXT, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["companies.id"],
            name=op.f("fk_technician_grants_company_id_companies"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_technician_grants_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "company_id", name=op.f("pk_technician_grants")),
    )
    op.create_index("ix_technician_grants_company_id", "technician_grants", ["company_id"])
    with op.batch_alter_table("companies") as batch_op:
        batch_op.add_column(_filled("closed", DOCUMENT, "'[]'"))
    with op.batch_alter_table("memberships") as batch_op:
        batch_op.add_column(sa.Column("custom_role_id", ID, nullable=True))
        batch_op.add_column(_filled("given", DOCUMENT, "'[]'"))
        batch_op.add_column(_filled("withheld", DOCUMENT, "'[]'"))
        batch_op.add_column(_filled("staff_scope", TEXT, "'company'"))
        batch_op.drop_constraint(op.f("ck_memberships_role_known"), type_="check")
        batch_op.create_check_constraint(op.f("ck_memberships_role_known"), _ROLES)
        batch_op.create_check_constraint(
            op.f("ck_memberships_staff_scope_known"),
            "staff_scope IN ('own-department', 'own-and-unassigned', 'company')",
        )
        batch_op.create_check_constraint(
            op.f("ck_memberships_custom_has_id"),
            "(role = 'custom') = (custom_role_id IS NOT NULL)",
        )
        batch_op.create_index("ix_memberships_custom_role_id", ["custom_role_id"])
        batch_op.create_foreign_key(
            op.f("fk_memberships_custom_role_id_custom_roles"),
            "custom_roles",
            ["custom_role_id"],
            ["id"],
        )
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_constraint(op.f("ck_users_msp_role_known"), type_="check")
        batch_op.create_check_constraint(op.f("ck_users_msp_role_known"), _MSP_ROLES)
    _without_default("companies", "closed")
    for column in ("given", "withheld", "staff_scope"):
        _without_default("memberships", column)


def downgrade() -> None:
    op.execute("UPDATE users SET msp_role = NULL WHERE msp_role = 'msp-technician'")
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_constraint(op.f("ck_users_msp_role_known"), type_="check")
        batch_op.create_check_constraint(op.f("ck_users_msp_role_known"), _ONE_MSP_ROLE)
    with op.batch_alter_table("memberships") as batch_op:
        batch_op.drop_constraint(
            op.f("fk_memberships_custom_role_id_custom_roles"), type_="foreignkey"
        )
        batch_op.drop_index("ix_memberships_custom_role_id")
        for name in ("custom_has_id", "staff_scope_known", "role_known"):
            batch_op.drop_constraint(op.f(f"ck_memberships_{name}"), type_="check")
        for column in ("staff_scope", "withheld", "given", "custom_role_id"):
            batch_op.drop_column(column)
    op.execute("UPDATE memberships SET role = 'administrator' WHERE role = 'owner'")
    op.execute(f"UPDATE memberships SET role = 'member' WHERE NOT {_FEW_ROLES}")  # noqa: S608 - ours
    with op.batch_alter_table("memberships") as batch_op:
        batch_op.create_check_constraint(op.f("ck_memberships_role_known"), _FEW_ROLES)
    with op.batch_alter_table("companies") as batch_op:
        batch_op.drop_column("closed")
    op.drop_table("technician_grants")
    op.drop_table("custom_roles")


def _filled(name: str, kind: sa.types.TypeEngine[Any], value: str) -> sa.Column[Any]:
    """Return a column that the rows which are there get with this value."""
    return sa.Column(name, kind, nullable=False, server_default=sa.text(value))


def _without_default(table: str, column: str) -> None:
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column(column, server_default=None)
