"""What must not be translated comes back as it was, once, whatever a model does to it."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.texts.cascade.models import Model, careless, marked, reversed_links, reversed_words
from texts.cascade import Options, translate
from texts.cascade.things import find_things, is_aside

PLAIN = Options("de", source="en")


@pytest.mark.parametrize(
    ("text", "things"),
    [
        (
            "Hello {name}, {0} of {total:>10.2f} {user.name!r}",
            ["{name}, {0}", "{total:>10.2f} {user.name!r}"],
        ),
        ("%s of %d, %5.2f and %(count)d or %1$s; %%", ["%s", "%d, %5.2f", "%(count)d", "%1$s", "%%"]),
        (
            "${x} or {{ user.name }} or {% tag %} or %{n} or $HOME",
            ["${x}", "{{ user.name }}", "{% tag %}", "%{n}", "$HOME"],
        ),
        (
            "{count, plural, one {# item} other {# items in '{'{place}}} left",
            ["{count, plural, one {# item} other {# items in '{'{place}}}"],
        ),
        (
            "Go to https://a.example/b?c=d&e=(f). Or www.x.org!",
            ["https://a.example/b?c=d&e=(f)", "www.x.org"],
        ),
        ("Write to first.last+tag@mail.example.org.", ["first.last+tag@mail.example.org"]),
        (
            "Run `a b` or --dry-run on /etc/hosts.d or C:\\x\\y",
            ["`a b`", "--dry-run", "/etc/hosts.d", "C:\\x\\y"],
        ),
        ("Thanks @bob_s and @a.b: #tag", ["@bob_s", "@a.b", "#tag"]),
        ("Hi 👩‍👩‍👧‍👦 you 👍🏽 1️⃣ there 🇩🇪", ["👩‍👩‍👧‍👦", "👍🏽 1️⃣", "🇩🇪"]),
        ("%jd and %.3o at 0%04o but 10% and %P", ["%jd", "%.3o", "%04o", "%P"]),
        ("100% sure, 50 % off, $5, {this is a remark}, and/or, a@b, #1", []),
        ("Wait... e.g. this. No", []),
        ("{unclosed, plural, one {x", []),
    ],
)
def test_what_is_kept(text: str, things: list[str]) -> None:
    assert [text[begin:end] for begin, end in find_things(text)] == things


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "evil", ["👍" + "🏽" * 8000 + "%s", "🇦" * 8000 + " %s hello"], ids=["skins", "flags"]
)
def test_rows_of_emoji_are_read_once(evil: str) -> None:
    assert translate([evil], PLAIN, Model(str))[0].text


@pytest.mark.timeout(60)
@pytest.mark.parametrize("begin", ["%1$", "%", "%(a)"])
def test_rows_of_zeros_are_read_once(begin: str) -> None:
    """Where each place in them was tried, this would take hours."""
    assert find_things(begin + "0" * 400_000) == []


def test_only_emoji_are_aside() -> None:
    assert all(map(is_aside, ("👍🏽", "🇩🇪 🇫🇷", "1️⃣ 👩‍👩‍👧‍👦 ", "{\\an8}")))
    assert not any(map(is_aside, ("", " ", "👍 %s", "%s 👍", "1")))


def test_a_stand_in_is_asked_and_the_thing_comes_back_where_it_was_copied() -> None:
    model = Model(reversed_words)
    [answer] = translate(["Hello {name} and %s now"], PLAIN, model)
    assert model.asked == ["Hello X1 and X2 now"]
    assert answer.text == "now %s and {name} Hello"
    assert [(note.took, note.gave, note.kept) for note in answer.notes] == [
        ("{name}", "copied", True),
        ("%s", "copied", True),
    ]


def test_what_is_filled_in_turn_keeps_its_order() -> None:
    answers = translate(["Sent %d of %s.", "Sent {a} of {b}."], PLAIN, Model(lambda row: reversed_words(row)))
    assert [answer.text for answer in answers] == ["Sent %d of %s.", "{b}. of {a} Sent"]


def test_a_stand_in_is_nothing_that_the_text_has() -> None:
    model = Model(marked)
    [answer] = translate(["The X1 is {a}"], PLAIN, model)
    assert (answer.text, model.asked) == ("[The X1 is {a}]", ["The X1 is X2"])


def test_who_knows_what_a_model_copies_says_so() -> None:
    model = Model(marked)
    options = Options("de", source="en", stand_ins=("<1>", "<2>"))
    [answer] = translate(["a {x} b %s c"], options, model)
    assert (answer.text, model.asked) == ("[a {x} b %s c]", ["a <1> b <2> c"])


def test_a_model_that_carries_protected_pieces_is_asked_with_them_and_looked_at() -> None:
    options = Options("de", source="en", protected=("⟦0⟧", "⟦1⟧"))
    model = Model(reversed_words)
    [answer] = translate(["Hello {name} and %s now"], options, model)
    assert (answer.text, model.asked) == ("now %s and {name} Hello", ["Hello ⟦0⟧ and ⟦1⟧ now"])
    assert [note.gave for note in answer.notes] == ["copied", "copied"]
    loses = Model(lambda row: row.replace("⟦0⟧", ""))
    [answer] = translate(["Hello {name} there"], options, loses)
    assert (answer.text, loses.asked) == ("Hello {name} there", ["Hello ⟦0⟧ there", "Hello", "there"])
    assert [(note.took, note.gave) for note in answer.notes] == [("{name}", "apart")]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda row: row.replace("X1", ""),
        lambda row: row.replace("X1", "X1 X1"),
        lambda row: row.replace("X1", "x 1"),
        lambda row: row.replace("X1", "X12"),
    ],
)
def test_where_a_stand_in_is_lost_or_doubled_the_words_are_asked_apart(wrong: object) -> None:
    model = Model(lambda row: f"[{wrong(row)}]")  # type: ignore[operator]
    [answer] = translate(["Hello {name}, how are you?"], PLAIN, model)
    assert model.asked == ["Hello X1, how are you?", "Hello", "how are you?"]
    assert answer.text == "[Hello] {name}, [how are you?]"
    assert [(note.took, note.gave) for note in answer.notes] == [("{name}", "apart")]
    assert answer.score == pytest.approx(-(5 * 5 + 12 * 12) / 17)


def test_parts_of_a_sentence_are_not_ended_as_sentences() -> None:
    options = Options("de", source="en", stand_ins=())
    model = Model(lambda row: f"{row.removesuffix('.')}.")
    [answer] = translate(["A man called {name} sings. He runs"], options, model)
    assert answer.text == "A man called {name} sings. He runs."


def test_an_alignment_tells_what_has_become_of_a_stand_in() -> None:
    model = Model(lambda row: reversed_words(row).replace("X1", "Karl"), reversed_links)
    [answer] = translate(["Hello {name} you dog"], PLAIN, model)
    assert answer.text == "dog you {name} Hello"
    assert [note.gave for note in answer.notes] == ["by alignment"]
    assert len(model.asked) == 1


def test_numbers_that_a_model_loses_are_asked_apart_and_those_that_it_writes_its_way_are_not() -> None:
    assert translate(["It is 1,000.5 km far"], PLAIN, Model(lambda row: row.replace("1,000.5", "1.000,5")))[
        0
    ].text == ("It is 1.000,5 km far")
    answer = translate(["It is 1,000 km far"], PLAIN, Model(lambda row: row.replace("1,000", "2000")))[0]
    assert (answer.text, [note.took for note in answer.notes]) == ("It is 1,000 km far", ["1,000 km"])
    answer = translate(["At 5 km"], PLAIN, Model(lambda row: row.replace("5", "6")))[0]
    assert answer.text == "At 5 km"
    assert translate(["5 dogs"], PLAIN, Model(lambda row: row.replace("5", "five")))[0].text == "five dogs"


@pytest.mark.parametrize(
    ("source", "said", "kept"),
    [
        ("It has 50 kg now", "It has 50 mg now", False),
        ("It has 12 km left", "It has 12 m left", False),
        ("It has 50 kg now", "It has 50 kilos now", True),
        ("It has 50 kg and 50 g", "It has 50 g and 50 kg", True),
        ("It has 50 kilos now", "It has 50 kg now", True),
        ("It has 10 lbs now", "It has 10 lb now", True),
        ("It costs 50 USD now", "It costs $50 now", True),
        ("It costs $50 now", "It costs 50 € now", True),  # as ever: which money, nobody looks at
    ],
)
def test_a_unit_that_became_another_is_asked_for_again(source: str, said: str, kept: bool) -> None:
    answer = translate([source], PLAIN, Model(lambda row: said if row == source else row))[0]
    assert (answer.text == said) == kept


def test_what_is_no_part_of_a_sentence_is_not_asked() -> None:
    model = Model(marked)
    texts = ["👍 Good 👎", "{name}: Good", "It is here: https://a.example/b.", "Good. {x}", "{a}{b}", "☂️"]
    answers = translate(texts, PLAIN, model)
    assert [answer.text for answer in answers] == [
        "👍 [Good] 👎",
        "{name}: [Good]",
        "[It is here:] https://a.example/b.",
        "[Good.] {x}",
        "{a}{b}",
        "☂️",
    ]
    assert all(note.kept for answer in answers for note in answer.notes)


def test_without_protection_all_is_asked() -> None:
    model = Model(marked)
    translate(["Hello {name}"], Options("de", source="en", protect=False), model)
    assert model.asked == ["Hello {name}"]


_THINGS = [
    "{name}",
    "%s",
    "%(x)d",
    "%1$s",
    "${x}",
    "{{ y }}",
    "https://a.example/b?c",
    "me@mail.example",
    "`code x`",
    "👍🏽",
    "42 km",
    "1,234.5",
    "@bob",
]
_WORDS = ["the", "dog", "runs", "over", "a", "house", "and", "sees", "Two", "men", "of", "Rome"]


def _text(chance: random.Random) -> tuple[str, Counter[str]]:
    words = [chance.choice(_WORDS) for _ in range(chance.randint(1, 9))]
    used: Counter[str] = Counter()
    for _ in range(chance.randint(0, 4)):
        thing = chance.choice(_THINGS)
        used[thing] += 1
        words.insert(chance.randint(0, len(words)), thing)
    text = "".join(word + chance.choice([" ", " ", " ", ", ", ". ", "\n", " ("]) for word in words)
    return text, used


@pytest.mark.parametrize("links", [None, ()])
def test_of_1000_texts_nothing_is_lost_and_nothing_doubled_by_a_careless_model(
    links: tuple[tuple[int, int], ...] | None,
) -> None:
    chance = random.Random(str(links))
    texts = [_text(chance) for _ in range(500)]
    model = Model(careless(2), lambda *_: links)
    answers = translate([text for text, _ in texts], PLAIN, model)
    for (text, used), answer in zip(texts, answers, strict=True):
        for thing in used:
            written = thing.removesuffix(" km")  # which is words: they may go elsewhere
            assert answer.text.count(written) == text.count(written), (text, answer)
        assert answer.kept
    assert len(model.asked) < 2000
