"""Find what is sold out without looking at every product."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_products_sold_out",
        "products",
        ["name_key", "id"],
        postgresql_where=sa.text("NOT archived AND on_hand <= reserved"),
        sqlite_where=sa.text("archived = 0 AND on_hand <= reserved"),
    )


def downgrade() -> None:
    op.drop_index("ix_products_sold_out", table_name="products")
