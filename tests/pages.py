"""A page as a browser and a screen reader take it apart, and how it may be refused."""

import re
from html.parser import HTMLParser

REFERENCES = ("aria-describedby", "aria-labelledby", "popovertarget", "for", "form", "list")


class Outline(HTMLParser):
    """The tags of a page, each with its attributes, and the text between them."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.words = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def all(self, name):
        """Return the attributes of every tag of this name."""
        return [attributes for tag, attributes in self.tags if tag == name]

    @property
    def text(self):
        """What can be read."""
        return " ".join(" ".join(self.words).split())

    def value(self, name):
        """Return what stands in the field of this name."""
        fields = [one for one in self.all("input") if one.get("name") == name]
        return fields[-1].get("value", "") if fields else None


def look_at(answer, status=200):
    """Return the outline of a page that keeps to the rules of every page."""
    assert answer.status_code == status, answer.text[:2_000]
    page = Outline(answer.text)
    assert [len(page.all(tag)) for tag in ("h1", "main", "title")] == [1, 1, 1]
    ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(ids) == len(set(ids)), [one for one in ids if ids.count(one) > 1]
    wanted = {
        name
        for _, attributes in page.tags
        for reference in REFERENCES
        for name in (attributes.get(reference) or "").split()
    }
    assert wanted <= set(ids), wanted - set(ids)
    assert not [
        tag for tag, attributes in page.tags if {"style", "onclick"} & set(attributes)
    ]
    posts = [form for form in page.all("form") if form.get("method") == "post"]
    tokens = [field for field in page.all("input") if field.get("name") == "csrf_token"]
    assert len(posts) == len(tokens)
    return page


def field_of(answer, name):
    """Return what is typed into a field, or chosen in it."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', answer.text)
    return found[1] if found else None
