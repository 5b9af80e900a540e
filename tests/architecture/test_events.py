"""Events are on the map, well named, and never change once they were released."""

import re
from pathlib import Path

import msgspec
import pytest

from portal_core.events import Event, event_type
from portal_core.subscriptions import SUBSCRIPTIONS
from tests.architecture.core import EVENTS, named

RELEASED = Path(__file__).with_name("released_events.txt")
OWN = {field.name for field in msgspec.structs.fields(Event)}


def described(event):
    """Return the line that the list of released events has for an event."""
    fields = [f.name for f in msgspec.structs.fields(event) if f.name not in OWN]
    return f"{event_type(event)}: {' '.join(sorted(fields))}".rstrip()


def released():
    """Return the fields of each released event, by its tag."""
    lines = RELEASED.read_text(encoding="utf-8").splitlines()
    return {
        tag: set(fields.split()) for tag, _, fields in (x.partition(":") for x in lines)
    }


def test_every_event_is_on_the_map():
    assert set(SUBSCRIPTIONS) == set(EVENTS)


def test_tags_are_unique():
    tags = [event_type(event) for event in EVENTS]
    assert sorted(set(tags)) == sorted(tags)


@pytest.mark.parametrize("event", EVENTS, ids=named)
def test_a_tag_is_a_thing_and_what_happened_to_it(event):
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", event_type(event))


def test_a_released_event_keeps_its_name_and_its_fields():
    now = {event_type(event): set(event.__struct_fields__) for event in EVENTS}
    for tag, fields in released().items():
        assert tag in now, f"{tag} was released, and stored rows and receivers know it"
        assert fields <= now[tag], f"{tag} lost {fields - now[tag]}"


def test_every_event_is_in_the_list_of_released_ones():
    wanted = "".join(f"{line}\n" for line in sorted(map(described, EVENTS)))
    listed = RELEASED.read_text(encoding="utf-8")
    assert listed == wanted, f"{RELEASED.name} should be:\n{wanted}"
