"""Make the tables of the first release."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The kinds of columns as they were when this was written.
ID = sa.LargeBinary().with_variant(postgresql.UUID(), "postgresql")
MOMENT = sa.String().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
TEXT = sa.String().with_variant(postgresql.TEXT(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:  # noqa: PLR0915 - one statement for each table and index
    op.create_table(
        "answers",
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column(
            "claimed_at",
            MOMENT,
            server_default=sa.text("CURRENT_TIMESTAMP"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_answers")),
    )
    op.create_index("ix_answers_claimed_at", "answers", ["claimed_at"])

    op.create_table(
        "categories",
        sa.Column("id", ID, nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.Column("path_key", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["categories.id"],
            name=op.f("fk_categories_parent_id_categories"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("path_key", name=op.f("uq_categories_path_key")),
    )
    op.create_index("ix_categories_parent_id", "categories", ["parent_id"])

    op.create_table(
        "events",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("company_id", ID, nullable=True),
        sa.Column("actor_kind", TEXT, nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("actor_name", TEXT, nullable=False),
        sa.Column("subject_id", ID, nullable=True),
        sa.Column("request_id", TEXT, nullable=True),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.CheckConstraint(
            "actor_kind IN ('user', 'key', 'system')",
            name=op.f("ck_events_actor_kind_known"),
        ),
        sa.CheckConstraint("place >= 0", name=op.f("ck_events_place_at_least_0")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_company_id", "events", ["company_id", "at"])
    op.create_index("ix_events_subject_id", "events", ["subject_id", "at"])
    op.create_index("ix_events_type", "events", ["type", "at"])

    op.create_table(
        "feed_imports",
        sa.Column("id", ID, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("actor_kind", TEXT, nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("actor_name", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("samples", DOCUMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "actor_kind IN ('user', 'key', 'system')",
            name=op.f("ck_feed_imports_actor_kind_known"),
        ),
        sa.CheckConstraint(
            "origin IN ('command', 'upload', 'address')",
            name=op.f("ck_feed_imports_origin_known"),
        ),
        sa.CheckConstraint(
            "state IN ('staging', 'previewed', 'applying', 'done', 'refused', 'failed', "
            "'discarded')",
            name=op.f("ck_feed_imports_state_known"),
        ),
        sa.CheckConstraint(
            "attempts >= 0", name=op.f("ck_feed_imports_attempts_at_least_0")
        ),
        sa.CheckConstraint("created >= 0", name=op.f("ck_feed_imports_created_at_least_0")),
        sa.CheckConstraint("items >= 0", name=op.f("ck_feed_imports_items_at_least_0")),
        sa.CheckConstraint("missing >= 0", name=op.f("ck_feed_imports_missing_at_least_0")),
        sa.CheckConstraint("read >= 0", name=op.f("ck_feed_imports_read_at_least_0")),
        sa.CheckConstraint("rows >= 0", name=op.f("ck_feed_imports_rows_at_least_0")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_feed_imports_size_at_least_0")),
        sa.CheckConstraint("skipped >= 0", name=op.f("ck_feed_imports_skipped_at_least_0")),
        sa.CheckConstraint(
            "unchanged >= 0", name=op.f("ck_feed_imports_unchanged_at_least_0")
        ),
        sa.CheckConstraint("updated >= 0", name=op.f("ck_feed_imports_updated_at_least_0")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_feed_imports_version_at_least_1")),
        sa.CheckConstraint(
            "warnings >= 0", name=op.f("ck_feed_imports_warnings_at_least_0")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_imports")),
    )
    op.create_index("ix_feed_imports_created_at", "feed_imports", ["created_at", "id"])
    op.create_index(
        "ix_feed_imports_done",
        "feed_imports",
        ["finished_at"],
        postgresql_where=sa.text("state = 'done'"),
        sqlite_where=sa.text("state = 'done'"),
    )
    op.create_index(
        "ix_feed_imports_under_way",
        "feed_imports",
        ["created_at", "id"],
        postgresql_where=sa.text("state IN ('staging', 'applying')"),
        sqlite_where=sa.text("state IN ('staging', 'applying')"),
    )

    op.create_table(
        "order_numbers",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_order_numbers")),
        sqlite_autoincrement=True,
    )

    op.create_table(
        "portal_settings",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_portal_settings_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_settings")),
    )

    op.create_table(
        "price_lists",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.CheckConstraint(
            "length(currency) = 3", name=op.f("ck_price_lists_currency_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_lists")),
        sa.UniqueConstraint("name_key", name=op.f("uq_price_lists_name_key")),
    )

    op.create_table(
        "setup_tokens",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_setup_tokens_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_tokens")),
    )

    op.create_table(
        "sign_in_attempts",
        sa.Column("bucket", TEXT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "failures >= 0", name=op.f("ck_sign_in_attempts_failures_at_least_0")
        ),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_sign_in_attempts")),
    )
    op.create_index("ix_sign_in_attempts_last_at", "sign_in_attempts", ["last_at"])

    op.create_table(
        "users",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("msp_role", TEXT, nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("signed_in_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "msp_role IN ('msp-administrator') OR msp_role IS NULL",
            name=op.f("ck_users_msp_role_known"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_lower")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_users_version_at_least_1")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_index("ix_users_name_key", "users", ["name_key", "id"])

    op.create_table(
        "companies",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("time_zone", TEXT, nullable=False),
        sa.Column("price_list_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_companies_currency_code")),
        sa.CheckConstraint("slug = lower(slug)", name=op.f("ck_companies_slug_lower")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_companies_version_at_least_1")),
        sa.ForeignKeyConstraint(
            ["price_list_id"],
            ["price_lists.id"],
            name=op.f("fk_companies_price_list_id_price_lists"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
        sa.UniqueConstraint("slug", name=op.f("uq_companies_slug")),
    )
    op.create_index("ix_companies_name_key", "companies", ["name_key", "id"])
    op.create_index("ix_companies_price_list_id", "companies", ["price_list_id"])

    op.create_table(
        "credentials",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("password_hash", TEXT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_credentials_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_credentials")),
    )

    op.create_table(
        "deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("event_id", ID, nullable=False),
        sa.Column("event_type", TEXT, nullable=False),
        sa.Column("subscriber", TEXT, nullable=False),
        sa.Column("target", ID, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("claimed_at", MOMENT, nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("last_answer", TEXT, nullable=False),
        sa.CheckConstraint(
            "state <> 'pending' OR next_at IS NOT NULL",
            name=op.f("ck_deliveries_pending_has_time"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'done', 'failed')", name=op.f("ck_deliveries_state_known")
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_deliveries_attempts_at_least_0")),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
            name=op.f("fk_deliveries_event_id_events"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index("ix_deliveries_created_at", "deliveries", ["created_at", "id"])
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["next_at", "id"],
        postgresql_where=sa.text("state = 'pending'"),
        sqlite_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_deliveries_event_id", "deliveries", ["event_id"])
    op.create_index(
        "ix_deliveries_failed",
        "deliveries",
        ["created_at", "id"],
        postgresql_where=sa.text("state = 'failed'"),
        sqlite_where=sa.text("state = 'failed'"),
    )
    op.create_index("ix_deliveries_target", "deliveries", ["target", "created_at"])

    op.create_table(
        "feed_faults",
        sa.Column("import_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("field", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("skipped", sa.Boolean(), nullable=False),
        sa.CheckConstraint("number >= 0", name=op.f("ck_feed_faults_number_at_least_0")),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["feed_imports.id"],
            name=op.f("fk_feed_faults_import_id_feed_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_feed_faults")),
    )
    op.create_index(
        "ix_feed_faults_skipped", "feed_faults", ["import_id", "skipped", "number"]
    )

    op.create_table(
        "feed_parts",
        sa.Column("import_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number >= 0", name=op.f("ck_feed_parts_number_at_least_0")),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["feed_imports.id"],
            name=op.f("fk_feed_parts_import_id_feed_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_feed_parts")),
    )

    op.create_table(
        "products",
        sa.Column("id", ID, nullable=False),
        sa.Column("sku", TEXT, nullable=False),
        sa.Column("sku_key", TEXT, nullable=False),
        sa.Column("sku_plain", TEXT, nullable=False),
        sa.Column("vendor_sku", TEXT, nullable=False),
        sa.Column("vendor_key", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("category_id", ID, nullable=True),
        sa.Column("manufacturer", TEXT, nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("price_currency", TEXT, nullable=True),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("cost_currency", TEXT, nullable=True),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("low_stock", sa.Integer(), nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=True),
        sa.Column("length_mm", sa.Integer(), nullable=True),
        sa.Column("width_mm", sa.Integer(), nullable=True),
        sa.Column("height_mm", sa.Integer(), nullable=True),
        sa.Column("warranty", TEXT, nullable=False),
        sa.Column("image_url", TEXT, nullable=False),
        sa.Column("stock_date", sa.Date(), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("locked_fields", DOCUMENT, nullable=False),
        sa.Column("feed_digest", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(cost_minor IS NULL) = (cost_currency IS NULL)", name=op.f("ck_products_cost")
        ),
        sa.CheckConstraint(
            "(price_minor IS NULL) = (price_currency IS NULL)",
            name=op.f("ck_products_price"),
        ),
        sa.CheckConstraint(
            "cost_minor >= 0", name=op.f("ck_products_cost_minor_at_least_0")
        ),
        sa.CheckConstraint("low_stock >= 0", name=op.f("ck_products_low_stock_at_least_0")),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_products_on_hand_at_least_0")),
        sa.CheckConstraint(
            "price_minor >= 0", name=op.f("ck_products_price_minor_at_least_0")
        ),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_products_reserved_at_least_0")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_products_version_at_least_1")),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["categories.id"],
            name=op.f("fk_products_category_id_categories"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("sku_key", name=op.f("uq_products_sku_key")),
    )
    op.create_index("ix_products_name_key", "products", ["name_key", "id"])
    op.create_index(
        "ix_products_price",
        "products",
        ["price_minor", "name_key", "id"],
        postgresql_where=sa.text("NOT archived"),
        sqlite_where=sa.text("archived = 0"),
    )
    op.create_index("ix_products_shelf", "products", ["category_id", "name_key", "id"])
    op.create_index(
        "ix_products_shelf_price",
        "products",
        ["category_id", "price_minor", "name_key", "id"],
        postgresql_where=sa.text("NOT archived"),
        sqlite_where=sa.text("archived = 0"),
    )
    op.create_index(
        "ix_products_shop",
        "products",
        ["name_key", "id"],
        postgresql_where=sa.text("NOT archived"),
        sqlite_where=sa.text("archived = 0"),
    )
    op.create_index("ix_products_sku_plain", "products", ["sku_plain"])
    op.create_index("ix_products_vendor_key", "products", ["vendor_key", "id"])

    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("network", TEXT, nullable=False),
        sa.Column("browser", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_sessions_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_ends_at", "sessions", ["ends_at"])
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])

    op.create_table(
        "api_keys",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("lookup", TEXT, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", DOCUMENT, nullable=False),
        sa.Column("company_id", ID, nullable=True),
        sa.Column("networks", DOCUMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["companies.id"],
            name=op.f("fk_api_keys_company_id_companies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("lookup", name=op.f("uq_api_keys_lookup")),
    )
    op.create_index("ix_api_keys_company_id", "api_keys", ["company_id"])
    op.create_index("ix_api_keys_created_at", "api_keys", ["created_at", "id"])

    op.create_table(
        "cart_lines",
        sa.Column("company_id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("shown_minor", sa.BigInteger(), nullable=False),
        sa.Column("shown_currency", TEXT, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "quantity BETWEEN 1 AND 9999", name=op.f("ck_cart_lines_quantity_range")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["companies.id"],
            name=op.f("fk_cart_lines_company_id_companies"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_cart_lines_product_id_products"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "company_id", "owner_id", "product_id", name=op.f("pk_cart_lines")
        ),
    )
    op.create_index("ix_cart_lines_product_id", "cart_lines", ["product_id"])

    op.create_table(
        "delivery_attempts",
        sa.Column("delivery_id", ID, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("answer", TEXT, nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'done', 'failed')",
            name=op.f("ck_delivery_attempts_state_known"),
        ),
        sa.CheckConstraint(
            "milliseconds >= 0", name=op.f("ck_delivery_attempts_milliseconds_at_least_0")
        ),
        sa.CheckConstraint(
            "number >= 1", name=op.f("ck_delivery_attempts_number_at_least_1")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_delivery_attempts_delivery_id_deliveries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_delivery_attempts")),
    )

    op.create_table(
        "endpoints",
        sa.Column("id", ID, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("events", DOCUMENT, nullable=False),
        sa.Column("company_id", ID, nullable=True),
        sa.Column("format", TEXT, nullable=False),
        sa.Column("legacy_key", TEXT, nullable=False),
        sa.Column("secrets", TEXT, nullable=False),
        sa.Column("overlap_ends_at", MOMENT, nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "format IN ('standard', 'legacy-order')", name=op.f("ck_endpoints_format_known")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_endpoints_version_at_least_1")),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["companies.id"],
            name=op.f("fk_endpoints_company_id_companies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints")),
    )
    op.create_index("ix_endpoints_company_id", "endpoints", ["company_id"])

    op.create_table(
        "feed_items",
        sa.Column("import_id", ID, nullable=False),
        sa.Column("code_key", TEXT, nullable=False),
        sa.Column("sku_key", TEXT, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("product_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["feed_imports.id"],
            name=op.f("fk_feed_items_import_id_feed_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "code_key", name=op.f("pk_feed_items")),
        sa.UniqueConstraint("import_id", "sku_key", name=op.f("uq_feed_items_import_id")),
    )
    op.create_index("ix_feed_items_product_id", "feed_items", ["product_id", "import_id"])

    op.create_table(
        "memberships",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("company_id", ID, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.CheckConstraint(
            "role IN ('administrator', 'buyer', 'member')",
            name=op.f("ck_memberships_role_known"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["companies.id"],
            name=op.f("fk_memberships_company_id_companies"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_memberships_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "company_id", name=op.f("pk_memberships")),
    )
    op.create_index("ix_memberships_company_id", "memberships", ["company_id"])

    op.create_table(
        "orders",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("company_id", ID, nullable=False),
        sa.Column("placed_by", ID, nullable=True),
        sa.Column("placed_by_name", TEXT, nullable=False),
        sa.Column("placed_at", MOMENT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("po_number", TEXT, nullable=False),
        sa.Column("po_key", TEXT, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("freight_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("carrier", TEXT, nullable=False),
        sa.Column("consignment", TEXT, nullable=False),
        sa.Column("eta", sa.Date(), nullable=True),
        sa.Column("notes", TEXT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('placed', 'processing', 'on_hold', 'shipped', 'delivered', "
            "'completed', 'cancelled')",
            name=op.f("ck_orders_status_known"),
        ),
        sa.CheckConstraint(
            "gross_minor = net_minor + freight_minor + tax_minor",
            name=op.f("ck_orders_sum"),
        ),
        sa.CheckConstraint("units >= 1", name=op.f("ck_orders_units_at_least_1")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_orders_version_at_least_1")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_orders_company_id_companies")
        ),
        sa.ForeignKeyConstraint(
            ["placed_by"],
            ["users.id"],
            name=op.f("fk_orders_placed_by_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
    )
    op.create_index("ix_orders_company_id", "orders", ["company_id", "placed_at", "id"])
    op.create_index(
        "ix_orders_company_status", "orders", ["company_id", "status", "placed_at", "id"]
    )
    op.create_index("ix_orders_consignment", "orders", ["consignment"])
    op.create_index("ix_orders_placed_at", "orders", ["placed_at", "id"])
    op.create_index("ix_orders_placed_by", "orders", ["placed_by"])
    op.create_index("ix_orders_po_key", "orders", ["po_key"])
    op.create_index("ix_orders_status", "orders", ["status", "placed_at", "id"])

    op.create_table(
        "price_list_items",
        sa.Column("price_list_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "price_minor >= 0", name=op.f("ck_price_list_items_price_minor_at_least_0")
        ),
        sa.ForeignKeyConstraint(
            ["price_list_id"],
            ["price_lists.id"],
            name=op.f("fk_price_list_items_price_list_id_price_lists"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_price_list_items_product_id_products"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "price_list_id", "product_id", name=op.f("pk_price_list_items")
        ),
    )
    op.create_index(
        "ix_price_list_items_price", "price_list_items", ["price_list_id", "price_minor"]
    )
    op.create_index("ix_price_list_items_product_id", "price_list_items", ["product_id"])

    op.create_table(
        "product_exclusions",
        sa.Column("company_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["companies.id"],
            name=op.f("fk_product_exclusions_company_id_companies"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_product_exclusions_product_id_products"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "company_id", "product_id", name=op.f("pk_product_exclusions")
        ),
    )
    op.create_index(
        "ix_product_exclusions_product_id", "product_exclusions", ["product_id"]
    )

    op.create_table(
        "product_terms",
        sa.Column("term", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_product_terms_product_id_products"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "term", "name_key", "product_id", name=op.f("pk_product_terms")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_product_terms_product_id", "product_terms", ["product_id", "term"])

    op.create_table(
        "stock_levels",
        sa.Column("product_id", ID, nullable=False),
        sa.Column("warehouse", TEXT, nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_levels_on_hand_at_least_0")),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_stock_levels_product_id_products"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("product_id", "warehouse", name=op.f("pk_stock_levels")),
    )

    op.create_table(
        "stock_moves",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("warehouse", TEXT, nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("reference", ID, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_stock_moves_product_id_products"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_stock_moves")),
    )
    op.create_index("ix_stock_moves_product_id", "stock_moves", ["product_id", "number"])
    op.create_index("ix_stock_moves_reference", "stock_moves", ["reference"])

    op.create_table(
        "order_lines",
        sa.Column("order_id", ID, nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("sku", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_minor", sa.BigInteger(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("cost_currency", TEXT, nullable=True),
        sa.Column("tax_rate_bp", sa.Integer(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "quantity BETWEEN 1 AND 9999", name=op.f("ck_order_lines_quantity_range")
        ),
        sa.CheckConstraint(
            "unit_minor >= 0", name=op.f("ck_order_lines_unit_minor_at_least_0")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["orders.id"],
            name=op.f("fk_order_lines_order_id_orders"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_order_lines_product_id_products")
        ),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_order_lines")),
    )
    op.create_index("ix_order_lines_product_id", "order_lines", ["product_id"])


def downgrade() -> None:
    for table in (
        "order_lines",
        "stock_moves",
        "stock_levels",
        "product_terms",
        "product_exclusions",
        "price_list_items",
        "orders",
        "memberships",
        "feed_items",
        "endpoints",
        "delivery_attempts",
        "cart_lines",
        "api_keys",
        "sessions",
        "products",
        "feed_parts",
        "feed_faults",
        "deliveries",
        "credentials",
        "companies",
        "users",
        "sign_in_attempts",
        "setup_tokens",
        "price_lists",
        "portal_settings",
        "order_numbers",
        "feed_imports",
        "events",
        "categories",
        "answers",
    ):
        op.drop_table(table)
