"""The lexicon: nouns, adjectives, pronouns, names, times. Verbs are in `verbs.py`."""

from __future__ import annotations

from grammar.words import Adjective, Chunk, Kind, Name, Noun, PlaceNoun, Pronoun


def _nouns(kind: Kind, table: str) -> tuple[Noun, ...]:
    """One noun a line: `english plural German plural gender [weak]`; `-` for no plural."""
    nouns = []
    for line in table.strip().splitlines():
        en, en_plural, de, de_plural, gender, *weak = line.split()
        nouns.append(
            Noun(en, en_plural.strip("-"), de, de_plural.strip("-"), gender, kind, weak=weak == ["weak"])
        )
    return tuple(nouns)


PERSONS = _nouns(
    "person",
    """
    man men Mann Männer m
    woman women Frau Frauen f
    child children Kind Kinder n
    boy boys Junge Jungen m weak
    girl girls Mädchen Mädchen n
    teacher teachers Lehrer Lehrer m
    doctor doctors Arzt Ärzte m
    student students Student Studenten m weak
    neighbour neighbours Nachbar Nachbarn m weak
    friend friends Freund Freunde m
    mother mothers Mutter Mütter f
    father fathers Vater Väter m
    sister sisters Schwester Schwestern f
    brother brothers Bruder Brüder m
    daughter daughters Tochter Töchter f
    son sons Sohn Söhne m
    aunt aunts Tante Tanten f
    uncle uncles Onkel Onkel m
    grandmother grandmothers Großmutter Großmütter f
    farmer farmers Bauer Bauern m weak
    cook cooks Koch Köche m
    policeman policemen Polizist Polizisten m weak
    guest guests Gast Gäste m
    customer customers Kunde Kunden m weak
    """,
)
ANIMALS = _nouns(
    "animal",
    """
    dog dogs Hund Hunde m
    cat cats Katze Katzen f
    horse horses Pferd Pferde n
    bird birds Vogel Vögel m
    mouse mice Maus Mäuse f
    cow cows Kuh Kühe f
    rabbit rabbits Kaninchen Kaninchen n
    bear bears Bär Bären m weak
    """,
)
FOODS = _nouns(
    "food",
    """
    apple apples Apfel Äpfel m
    egg eggs Ei Eier n
    cake cakes Kuchen Kuchen m
    potato potatoes Kartoffel Kartoffeln f
    tomato tomatoes Tomate Tomaten f
    pear pears Birne Birnen f
    sausage sausages Wurst Würste f
    bread - Brot - n
    cheese - Käse - m
    meat - Fleisch - n
    rice - Reis - m
    """,
)
DRINKS = _nouns(
    "drink",
    """
    milk - Milch - f
    water - Wasser - n
    coffee - Kaffee - m
    tea - Tee - m
    juice - Saft - m
    beer - Bier - n
    """,
)
TEXTS = _nouns(
    "text",
    """
    book books Buch Bücher n
    letter letters Brief Briefe m
    newspaper newspapers Zeitung Zeitungen f
    story stories Geschichte Geschichten f
    poem poems Gedicht Gedichte n
    """,
)
THINGS = _nouns(
    "thing",
    """
    bag bags Tasche Taschen f
    key keys Schlüssel Schlüssel m
    lamp lamps Lampe Lampen f
    table tables Tisch Tische m
    chair chairs Stuhl Stühle m
    picture pictures Bild Bilder n
    bottle bottles Flasche Flaschen f
    phone phones Telefon Telefone n
    umbrella umbrellas Regenschirm Regenschirme m
    flower flowers Blume Blumen f
    present presents Geschenk Geschenke n
    ball balls Ball Bälle m
    computer computers Computer Computer m
    knife knives Messer Messer n
    """,
)
OPENINGS = _nouns(
    "opening",
    """
    window windows Fenster Fenster n
    door doors Tür Türen f
    """,
)
VEHICLES = _nouns(
    "vehicle",
    """
    car cars Auto Autos n
    bicycle bicycles Fahrrad Fahrräder n
    bus buses Bus Busse m
    boat boats Boot Boote n
    ship ships Schiff Schiffe n
    """,
)
CLOTHES = _nouns(
    "clothing",
    """
    coat coats Mantel Mäntel m
    hat hats Hut Hüte m
    shirt shirts Hemd Hemden n
    dress dresses Kleid Kleider n
    shoe shoes Schuh Schuhe m
    jacket jackets Jacke Jacken f
    """,
)
INSTRUMENTS = _nouns(
    "instrument",
    """
    guitar guitars Gitarre Gitarren f
    piano pianos Klavier Klaviere n
    violin violins Geige Geigen f
    """,
)
IDEAS = _nouns(
    "idea",
    """
    question questions Frage Fragen f
    answer answers Antwort Antworten f
    word words Wort Wörter n
    problem problems Problem Probleme n
    """,
)
SONGS = _nouns("song", "song songs Lied Lieder n\nmelody melodies Melodie Melodien f")
FILMS = _nouns("film", "film films Film Filme m\nprogramme programmes Sendung Sendungen f")
PLACE_NOUNS = _nouns(
    "place",
    """
    garden gardens Garten Gärten m
    kitchen kitchens Küche Küchen f
    house houses Haus Häuser n
    room rooms Zimmer Zimmer n
    school schools Schule Schulen f
    city cities Stadt Städte f
    village villages Dorf Dörfer n
    forest forests Wald Wälder m
    hospital hospitals Krankenhaus Krankenhäuser n
    museum museums Museum Museen n
    restaurant restaurants Restaurant Restaurants n
    church churches Kirche Kirchen f
    park parks Park Parks m
    office offices Büro Büros n
    hotel hotels Hotel Hotels n
    library libraries Bibliothek Bibliotheken f
    market markets Markt Märkte m
    station stations Bahnhof Bahnhöfe m
    beach beaches Strand Strände m
    """,
)
NOUNS = (
    *PERSONS, *ANIMALS, *FOODS, *DRINKS, *TEXTS, *THINGS, *OPENINGS, *VEHICLES, *CLOTHES,
    *INSTRUMENTS, *IDEAS, *SONGS, *FILMS, *PLACE_NOUNS,
)  # fmt: skip

# Where the prepositions are not `in ... in ... in`.
_PREPOSITIONS = {"market": ("at", "auf", "auf"), "station": ("at", "an", "zu"), "beach": ("on", "an", "an")}
PLACES = tuple(PlaceNoun(noun, *_PREPOSITIONS.get(noun.en, ("in", "in", "in"))) for noun in PLACE_NOUNS)
CITIES = (
    Chunk("Berlin", "Berlin"), Chunk("Hamburg", "Hamburg"), Chunk("Vienna", "Wien"),
    Chunk("Munich", "München"),
    Chunk("Zurich", "Zürich"), Chunk("Cologne", "Köln"), Chunk("London", "London"), Chunk("Paris", "Paris"),
)  # fmt: skip

_LIVING = ("person", "animal")
_GOODS = ("text", "thing", "vehicle", "clothing", "instrument")
_OBJECTS = (*_GOODS, "opening", "place")


def _adjective(
    en: str, en_comparative: str, de: str, de_comparative: str, kinds: tuple[Kind, ...], stem: str = ""
) -> Adjective:
    return Adjective(en, en_comparative, de, de_comparative, kinds, stem or de)


ADJECTIVES = (
    _adjective("big", "bigger", "groß", "größer", (*_LIVING, *_OBJECTS, "food")),
    _adjective("small", "smaller", "klein", "kleiner", (*_LIVING, *_OBJECTS, "food")),
    _adjective("old", "older", "alt", "älter", (*_LIVING, *_OBJECTS, "film", "song")),
    _adjective("new", "newer", "neu", "neuer", (*_OBJECTS, "film", "song", "idea")),
    _adjective("young", "younger", "jung", "jünger", _LIVING),
    _adjective("beautiful", "more beautiful", "schön", "schöner", (*_LIVING, *_OBJECTS, "film", "song")),
    _adjective("ugly", "uglier", "hässlich", "hässlicher", ("thing", "vehicle", "clothing", "opening")),
    _adjective(
        "good", "better", "gut", "besser", ("person", "food", "drink", "text", "film", "song", "idea")
    ),
    _adjective("bad", "worse", "schlecht", "schlechter", ("food", "text", "film", "song", "idea")),
    _adjective("red", "redder", "rot", "röter", ("thing", "vehicle", "clothing", "opening")),
    _adjective("blue", "bluer", "blau", "blauer", ("thing", "vehicle", "clothing", "opening")),
    _adjective("green", "greener", "grün", "grüner", ("thing", "vehicle", "clothing", "opening")),
    _adjective("black", "blacker", "schwarz", "schwärzer", ("animal", "thing", "vehicle", "clothing")),
    _adjective("white", "whiter", "weiß", "weißer", ("animal", "thing", "vehicle", "clothing", "opening")),
    _adjective("expensive", "more expensive", "teuer", "teurer", (*_GOODS, "food", "drink"), "teur"),
    _adjective("cheap", "cheaper", "billig", "billiger", (*_GOODS, "food", "drink")),
    _adjective("dark", "darker", "dunkel", "dunkler", ("place", "clothing", "drink"), "dunkl"),
    _adjective("cold", "colder", "kalt", "kälter", ("food", "drink", "place")),
    _adjective("warm", "warmer", "warm", "wärmer", ("food", "drink", "clothing")),
    _adjective("fresh", "fresher", "frisch", "frischer", ("food", "drink")),
    _adjective("friendly", "friendlier", "freundlich", "freundlicher", _LIVING),
    _adjective("tired", "more tired", "müde", "müder", _LIVING, "müd"),
    _adjective("happy", "happier", "glücklich", "glücklicher", _LIVING),
    _adjective("sad", "sadder", "traurig", "trauriger", ("person", "text", "film", "song")),
    _adjective("rich", "richer", "reich", "reicher", ("person",)),
    _adjective("poor", "poorer", "arm", "ärmer", ("person",)),
    _adjective("strong", "stronger", "stark", "stärker", _LIVING),
    _adjective("clever", "cleverer", "klug", "klüger", _LIVING),
    _adjective("lazy", "lazier", "faul", "fauler", _LIVING),
    _adjective("famous", "more famous", "berühmt", "berühmter", ("person", "text", "film", "song", "place")),
    _adjective("long", "longer", "lang", "länger", ("text", "film", "song", "clothing", "idea")),
    _adjective("short", "shorter", "kurz", "kürzer", ("text", "film", "song", "clothing", "idea")),
    _adjective("interesting", "more interesting", "interessant", "interessanter", ("text", "film", "idea")),
    _adjective("boring", "more boring", "langweilig", "langweiliger", ("text", "film", "song")),
    _adjective("quiet", "quieter", "ruhig", "ruhiger", (*_LIVING, "place")),
    _adjective("difficult", "more difficult", "schwierig", "schwieriger", ("text", "idea")),
)

I = Pronoun("I", "me", "ich", "mich", "mir", 1, False, "my", "mein")  # noqa: E741 - it is the English word
YOU = Pronoun("you", "you", "du", "dich", "dir", 2, False, "your", "dein")
HE = Pronoun("he", "him", "er", "ihn", "ihm", 3, False, "his", "sein")
SHE = Pronoun("she", "her", "sie", "sie", "ihr", 3, False, "her", "ihr")
WE = Pronoun("we", "us", "wir", "uns", "uns", 1, True, "our", "unser")
THEY = Pronoun("they", "them", "sie", "sie", "ihnen", 3, True, "their", "ihr")
PRONOUNS = (I, YOU, HE, SHE, WE, THEY)
WHO = Pronoun("who", "whom", "wer", "wen", "wem", 3, False)
WHAT = Pronoun("what", "what", "was", "was", "was", 3, False)

NAMES = tuple(
    Name(text)
    for text in (
        "Anna", "Paul", "Maria", "Peter", "Lena", "Tim", "Julia", "Simon", "Clara", "David", "Emma", "Martin",
        "Laura", "Leo", "Sophie", "Robert",
    )
)  # fmt: skip

ANY_TIMES = (
    Chunk("today", "heute"), Chunk("tonight", "heute Abend"), Chunk("on Monday", "am Montag"),
    Chunk("on Friday", "am Freitag"), Chunk("on Sunday", "am Sonntag"), Chunk("this week", "diese Woche"),
)  # fmt: skip
PRESENT_TIMES = (
    Chunk("every day", "jeden Tag"), Chunk("now", "jetzt"), Chunk("in the morning", "am Morgen"),
    Chunk("in the evening", "am Abend"), Chunk("in summer", "im Sommer"), Chunk("in winter", "im Winter"),
)  # fmt: skip
PAST_TIMES = (
    Chunk("yesterday", "gestern"), Chunk("last week", "letzte Woche"), Chunk("last year", "letztes Jahr"),
    Chunk("two days ago", "vor zwei Tagen"),
)  # fmt: skip
FUTURE_TIMES = (
    Chunk("tomorrow", "morgen"),
    Chunk("next week", "nächste Woche"),
    Chunk("next year", "nächstes Jahr"),
)
FREQUENCIES = (
    Chunk("often", "oft"), Chunk("always", "immer"), Chunk("sometimes", "manchmal"), Chunk("never", "nie"),
)  # fmt: skip
