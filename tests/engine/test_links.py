"""Signed links: nobody makes one, changes one, or uses one for ever."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.link import LIFE, Link, linked, mark, token, verified

NOW = datetime(2026, 10, 9)
KEY, OTHER = b"k" * 32, b"o" * 32
words = st.text(max_size=30)
links = st.builds(
    Link,
    st.sampled_from(("unsubscribe", "rating")),
    words,
    words,
    words,
    st.datetimes(NOW, NOW + LIFE),
)


@given(links)
def test_a_link_says_what_was_put_in(link: Link) -> None:
    word = token(link, KEY)
    assert set(word) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert verified(word, KEY, link.until - timedelta(microseconds=1)) == link
    assert verified(word, KEY, link.until) is None
    assert verified(word, OTHER, NOW) is None


@given(links, st.data())
def test_whatever_is_changed_in_it_is_no_link(link: Link, data: st.DataObject) -> None:
    word = token(link, KEY)
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("Aa0-_.é"))
    changed = word[:place] + letter + word[place + 1 :]
    if changed != word:
        assert verified(changed, KEY, NOW - LIFE) is None


@given(st.text())
def test_any_word(word: str) -> None:
    assert verified(word, KEY, NOW) is None


def test_content_of_one_and_digest_of_another() -> None:
    one, two = (token(Link("rating", name, "c", "s", NOW + LIFE), KEY) for name in ("ada", "bob"))
    mixed = f"{one.partition('.')[0]}.{two.partition('.')[2]}"
    assert verified(mixed, KEY, NOW) is None


def test_life_is_what_the_law_asks_for() -> None:
    """At least thirty days after it was sent."""
    assert timedelta(days=30) <= LIFE


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f'<a href="{mark("unsubscribe")}">out</a>', '<a href="https://x/unsubscribe">out</a>'),
        (f"{mark('rating')}, {mark('new_card')}.", "https://x/rating, https://x/new_card."),
        ("psizero:links/rating", "psizero:links/rating"),
    ],
)
def test_marks_become_addresses(text: str, found: str) -> None:
    assert linked(text, lambda page: f"https://x/{page}") == found
