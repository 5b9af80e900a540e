"""Keep with a session what was shown, and how long it lives unused."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM sessions")  # what they rest on was not kept
    with op.batch_alter_table("sessions") as batch_op:
        batch_op.add_column(sa.Column("second_factor", sa.Boolean(), nullable=False))
        batch_op.add_column(sa.Column("idle_minutes", sa.Integer(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("sessions") as batch_op:
        batch_op.drop_column("idle_minutes")
        batch_op.drop_column("second_factor")
