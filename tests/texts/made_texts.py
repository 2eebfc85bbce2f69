"""Texts with all that has to come back from a translation unharmed, put together by chance; deterministic by
seed. `tests.texts.harm` says what became of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from texts.cascade import Format

_VOCABULARY = """the a your this small old red quick dog woman house street picture file letter answer plays
runs waits reads holds sends opens in on with near behind for and again today outside slowly"""
_WORDS = _VOCABULARY.split()
_NAMES = ("name", "user", "count", "total", "city", "item", "path", "date")
_NUMBERED = ("12 km", "3.5 kg", "25 %", "1,250 €", "40 °C", "2026", "17", "8 GB", "90 min")
_EMOJI = ("👍🏽", "👩‍👩‍👧‍👦", "🇩🇪", "❤️", "🎉")
_VOID = ("<br>", "<br/>", '<img alt="{v}" src="{n}.png"/>', '<img translate="no" alt="{v}">', "<wbr>")
_INLINE = (
    "b",
    "i",
    "em",
    "strong",
    "u",
    'span class="c{n}"',
    'a href="https://a.example/{n}"',
    'span id="s{n}"',
    'abbr title="{v}"',
)


@dataclass(frozen=True)
class Sample:
    """A text and what in it must come back as it is."""

    text: str
    format: Format
    things: tuple[str, ...]
    """Placeholders, addresses, code and the like, each once, however often it stands in the text."""


class _Maker:
    """Parts of one text."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.things: list[str] = []
        self.code = "`{}`"
        """How code is written."""
        self.wrapped: Callable[[list[str]], list[str]] = lambda words: words
        """What is put around words of a sentence."""

    def thing(self) -> str:
        """One that must come back, in the way that it is written in this text."""
        chance, name, number = self.chance, self.chance.choice(_NAMES), self.chance.randrange(100)
        kinds = (
            (f"{{{name}}}", f"{{{number % 4}}}", f"{{{name}.title!r}}", f"{{{name}:>{number}.2f}}"),
            ("%s", "%d", "%s", f"%({name})s", f"%({name})d", f"%{number % 3 + 1}$s"),
            (f"${{{name}}}", f"{{{{ {name}.title }}}}", f"{{% {name} %}}", f"%{{{name}}}"),
            (f"{{{name}, plural, one {{# {name}}} other {{# {name}s}}}}",),
            (f"https://www.{name}.example/a/{number}?b=c", f"{name}{number}@mail.example.org"),
            (f"@{name}_{number}", f"#{name}{number}", f"/etc/{name}.d/{number}", f"--{name}"),
            (self.code.format(f"{name} --all {number}"),),
            _EMOJI,
        )
        thing = chance.choice(chance.choice(kinds))
        self.things.append(thing)
        return thing

    def sentence(self) -> str:
        """Some words, and up to three things and numbers among them."""
        words = self.chance.choices(_WORDS, k=self.chance.randint(2, 9))
        words[0] = words[0].capitalize()
        for _ in range(self.chance.choice((0, 1, 1, 1, 2, 3))):
            words.insert(self.chance.randint(0, len(words)), self.thing())
        if self.chance.random() < 0.3:
            words.insert(self.chance.randint(1, len(words)), self.chance.choice(_NUMBERED))
        return " ".join(self.wrapped(words)) + self.chance.choice((".", ".", "!", "?", ""))

    def value(self) -> str:
        """What a tag shows: some words, and a placeholder or a number among them, or none."""
        words = self.chance.choices(_WORDS, k=self.chance.randint(1, 4))
        name = f"{{{self.chance.choice(_NAMES)}}}"
        kind = self.chance.randrange(4)
        if kind == 0:
            self.things.append(name)
        words.insert(self.chance.randint(0, len(words)), (name, "17", "", "")[kind])
        return " ".join(filter(None, words))

    def passage(self) -> str:
        """One to three sentences."""
        return " ".join(self.sentence() for _ in range(self.chance.choice((1, 1, 2, 3))))

    def tagged(self, words: list[str], tags: Sequence[str], void: Sequence[str], depth: int = 0) -> list[str]:
        """Words with elements around some of them, one in another, and empty ones between."""
        if not words or depth > 2 or self.chance.random() < 0.25 * depth:
            return words
        first = self.chance.randrange(len(words))
        last = self.chance.randint(first + 1, len(words))
        number, value = self.chance.randrange(100), self.value()
        tag = self.chance.choice(tags).format(n=number, v=value)
        inside = self.tagged(words[first:last], tags, void, depth + 1)
        inside = [f"<{tag}>{inside[0]}", *inside[1:]]
        inside[-1] += f"</{tag.split()[0]}>"
        rest = self.tagged(words[last:], tags, void, depth + 1)
        if self.chance.random() < 0.2:
            rest = [self.chance.choice(void).format(n=number, v=value), *rest]
        return [*words[:first], *inside, *rest]


def _plain(maker: _Maker) -> str:
    lines = []
    for _ in range(maker.chance.randint(1, 4)):
        lines.append(maker.chance.choice(("", "", "- ", "2. ", "  ", "\t")) + maker.passage())
    return maker.chance.choice(("\n", "\n\n", "\r\n")).join(lines)


def _html(maker: _Maker) -> str:
    maker.code = "<code>{}</code>"
    maker.wrapped = lambda words: maker.tagged(words, _INLINE, _VOID)
    blocks: list[str] = []
    for _ in range(maker.chance.randint(1, 3)):
        number = maker.chance.randrange(100)
        blocks += [
            maker.chance.choice(
                (
                    f"<p>{maker.passage()}</p>",
                    f'<h2 id="h{number}" title="{maker.value()}">{maker.sentence()}</h2>',
                    f"<ul>\n<li>{maker.sentence()}</li>\n  <li>{maker.sentence()}</li></ul>",
                    f"<table><tr><td>{maker.sentence()}</td><td>{maker.sentence()}</td></tr></table>",
                    f'<div class="d{number}"><!-- {number} -->{maker.passage()}<hr/></div>',
                    f'<p>{maker.sentence()} <span translate="no">{maker.thing()} stays</span></p>',
                    f"<script>let x{number} = 1 < 2;</script>",
                    maker.passage(),
                )
            )
        ]
    return maker.chance.choice(("", "\n")).join(blocks)


def _xml(maker: _Maker) -> str:
    tags, void = ("g", 'x id="{n}"', 'ph title="{v}"'), ('<bx id="{n}"/>', "<lb/>")
    maker.wrapped = lambda words: maker.tagged(words, tags, void)
    items = [
        f'<item id="{number}"><label>{maker.sentence()}</label><note>{maker.passage()}</note></item>'
        for number in range(maker.chance.randint(1, 2))
    ]
    return f"<doc>{maker.chance.choice(('', chr(10))).join(items)}</doc>"


def _markdown(maker: _Maker) -> str:
    def wrapped(words: list[str]) -> list[str]:
        at = maker.chance.randrange(len(words))
        if words[at][0].isalpha() and words[at].isalpha():
            link = f"[{words[at]}](https://b.example/{maker.chance.randrange(100)})"
            words[at] = maker.chance.choice((f"**{words[at]}**", f"*{words[at]}*", link))
        return words

    maker.wrapped = wrapped
    blocks: list[str] = []
    for _ in range(maker.chance.randint(1, 3)):
        blocks += [
            maker.chance.choice(
                (
                    maker.passage(),
                    f"## {maker.sentence()}",
                    f"- {maker.sentence()}\n- {maker.sentence()}",
                    f"> {maker.passage()}",
                    f"```\n{maker.chance.choice(_NAMES)} = {{x}}\n```",
                )
            )
        ]
    return "\n\n".join(blocks)


_MAKERS: tuple[tuple[Format, Callable[[_Maker], str]], ...] = (
    ("text", _plain),
    ("html", _html),
    ("xml", _xml),
    ("markdown", _markdown),
)


def made_texts(count: int, seed: int = 1) -> Iterator[Sample]:
    """So many, of each format in turn."""
    chance = random.Random(seed)
    for number in range(count):
        format_, make = _MAKERS[number % len(_MAKERS)]
        maker = _Maker(chance)
        text = make(maker)
        yield Sample(text, format_, tuple(dict.fromkeys(thing for thing in maker.things if thing in text)))
