"""All tables together, for whoever makes or compares a schema."""

from adapters.sql.tables import (
    commerce,
    companies,
    events,
    factors,
    feed,
    identity,
    providers,
)
from adapters.sql.tables.base import Row

MODULES = (commerce, companies, events, factors, feed, identity, providers)
"""Every module that declares tables: to be imported is to be known."""

METADATA = Row.metadata
