"""Every kind of event, made up from what its fields may hold."""

from typing import Union, get_type_hints

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from portal_core.events import Stamp, event_type
from portal_core.ids import CompanyId, EventId, new_id
from portal_core.subscriptions import SUBSCRIPTIONS
from tests.people import BUYER, NOON

STAMP = Stamp(
    id=EventId(new_id()), at=NOON, actor=BUYER.ref, company_id=CompanyId(new_id())
)
ANY = Union[tuple(SUBSCRIPTIONS)]  # noqa: UP007 - built at run time


def made_up(kind):
    """Return events of a kind whose fields hold anything that they may."""
    hints = get_type_hints(kind)
    fields = {f: st.from_type(hints[f]) for f in kind.__struct_fields__ if f != "stamp"}
    return st.builds(kind, stamp=st.just(STAMP), **fields)


events = st.sampled_from(sorted(SUBSCRIPTIONS, key=event_type)).flatmap(made_up)


@given(events)
def test_every_event_comes_back_from_its_record(event):
    assert msgspec.json.decode(msgspec.json.encode(event), type=ANY) == event


@given(events)
def test_the_subject_of_an_event_is_among_its_own_ids(event):
    own = {
        getattr(event, field) for field in event.__struct_fields__ if field.endswith("_id")
    }
    assert event.subject_id is None or event.subject_id in own


@given(events)
def test_an_event_is_named_after_its_package_or_noun(event):
    noun, _, happened = event_type(event).partition(".")
    assert noun
    assert happened
