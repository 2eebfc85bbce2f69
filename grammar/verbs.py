"""The verbs of the lexicon, by what they take, and the irregular paradigms of the auxiliaries."""

from __future__ import annotations

from grammar.words import Chunk, Frame, Kind, Verb

_WHO: tuple[Kind, ...] = ("person",)
_LIVING: tuple[Kind, ...] = ("person", "animal")


def _verbs(
    frame: Frame, subjects: tuple[Kind, ...], table: str, auxiliary: str = "haben"
) -> tuple[Verb, ...]:
    """A verb: `base past participle particle, prefix infinitive participle du er, kinds`; `-`: none."""
    verbs = []
    for line in table.strip().splitlines():
        en, past, en_participle, particle, prefix, de, de_participle, du, er, kinds = line.replace(
            ",", " "
        ).split()
        verbs.append(
            Verb(
                en,
                None if past == "-" else past,
                en_participle,
                de,
                de_participle,
                frame,
                subjects,
                tuple(kinds.strip("-").split("+")) if kinds != "-" else (),
                en_particle=particle.strip("-"),
                prefix=prefix.strip("-"),
                present=None if du == "-" else (du, er),
                auxiliary=auxiliary,
            )
        )
    return tuple(verbs)


INTRANSITIVE = (
    *_verbs(
        Frame.INTRANSITIVE,
        _LIVING,
        """
        sleep slept slept -, - schlafen geschlafen schläfst schläft, -
        play played played -, - spielen gespielt - -, -
        wait waited waited -, - warten gewartet - -, -
        """,
    ),
    *_verbs(
        Frame.INTRANSITIVE,
        _WHO,
        """
        work worked worked -, - arbeiten gearbeitet - -, -
        laugh laughed laughed -, - lachen gelacht - -, -
        dance danced danced -, - tanzen getanzt - -, -
        sing sang sung -, - singen gesungen - -, -
        cook cooked cooked -, - kochen gekocht - -, -
        shop shopped shopped -, ein kaufen eingekauft - -, -
        """,
    ),
    *_verbs(
        Frame.INTRANSITIVE,
        _LIVING,
        "get got got up, auf stehen aufgestanden - -, -",
        auxiliary="sein",
    ),
    *_verbs(Frame.INTRANSITIVE, _WHO, "stay stayed stayed -, - bleiben geblieben - -, -", auxiliary="sein"),
)

TRANSITIVE = (
    *_verbs(
        Frame.TRANSITIVE,
        _LIVING,
        """
        see saw seen -, - sehen gesehen siehst sieht, person+animal+text+thing+vehicle+opening+place+film
        hear heard heard -, - hören gehört - -, person+animal+song+vehicle
        look looked looked for, - suchen gesucht - -, person+animal+text+thing+food+clothing
        find found found -, - finden gefunden - -, animal+text+thing+food+clothing+vehicle
        follow followed followed -, - verfolgen verfolgt - -, person+animal+vehicle
        """,
    ),
    *_verbs(
        Frame.TRANSITIVE,
        _WHO,
        """
        read - read -, - lesen gelesen liest liest, text
        write wrote written -, - schreiben geschrieben - -, text+song
        buy bought bought -, - kaufen gekauft - -, text+thing+vehicle+clothing+instrument+food+drink
        sell sold sold -, - verkaufen verkauft - -, text+thing+vehicle+clothing+instrument+food+drink
        need needed needed -, - brauchen gebraucht - -, thing+vehicle+clothing+instrument+food+person
        eat ate eaten -, - essen gegessen isst isst, food
        drink drank drunk -, - trinken getrunken - -, drink
        order ordered ordered -, - bestellen bestellt - -, food+drink+thing+text
        forget forgot forgotten -, - vergessen vergessen vergisst vergisst, text+thing+clothing+idea+person
        love loved loved -, - lieben geliebt - -, person+animal+place+song+film+food
        visit visited visited -, - besuchen besucht - -, person+place
        know knew known -, - kennen gekannt - -, person+song+film+text+place+idea
        repair repaired repaired -, - reparieren repariert - -, vehicle+instrument+opening
        clean cleaned cleaned -, - putzen geputzt - -, opening+vehicle+thing
        wear wore worn -, - tragen getragen trägst trägt, clothing
        paint painted painted -, - malen gemalt - -, animal+person+thing+place
        wash washed washed -, - waschen gewaschen wäschst wäscht, clothing+vehicle+animal
        practise practised practised -, - üben geübt - -, instrument+song
        understand understood understood -, - verstehen verstanden - -, person+idea+text+film
        ask asked asked -, - fragen gefragt - -, person
        draw drew drawn -, - zeichnen gezeichnet - -, animal+thing+place
        open opened opened -, auf machen aufgemacht - -, opening+thing
        close closed closed -, zu machen zugemacht - -, opening+thing
        invite invited invited -, ein laden eingeladen lädst lädt, person
        call called called -, an rufen angerufen - -, person
        pick picked picked up, ab holen abgeholt - -, person+text+thing+vehicle
        bring brought brought along, mit bringen mitgebracht - -, text+thing+food+drink+person+instrument
        throw threw thrown away, weg werfen weggeworfen wirfst wirft, text+food+clothing+thing
        tidy tidied tidied up, auf räumen aufgeräumt - -, place
        """,
    ),
)

DATIVE = _verbs(
    Frame.DATIVE,
    _WHO,
    """
    help helped helped -, - helfen geholfen hilfst hilft, person+animal
    thank thanked thanked -, - danken gedankt - -, person
    trust trusted trusted -, - vertrauen vertraut - -, person
    answer answered answered -, - antworten geantwortet - -, person
    """,
)

DITRANSITIVE = _verbs(
    Frame.DITRANSITIVE,
    _WHO,
    """
    give gave given -, - geben gegeben gibst gibt, text+thing+clothing+food
    show showed shown -, - zeigen gezeigt - -, text+thing+vehicle+clothing+place+animal
    send sent sent -, - schicken geschickt - -, text+thing+clothing
    lend lent lent -, - leihen geliehen - -, text+thing+vehicle+clothing+instrument
    """,
)

MOTION = _verbs(
    Frame.MOTION,
    _WHO,
    """
    go went gone -, - gehen gegangen - -, -
    drive drove driven -, - fahren gefahren fährst fährt, -
    run ran run -, - laufen gelaufen läufst läuft, -
    come came come -, - kommen gekommen - -, -
    come came come back, zurück kommen zurückgekommen - -, -
    """,
    auxiliary="sein",
)

VERBS = (*INTRANSITIVE, *TRANSITIVE, *DATIVE, *DITRANSITIVE, *MOTION)

BE = Verb("be", "was", "been", "sein", "gewesen", Frame.COPULA, _LIVING, auxiliary="sein")

# Verbs that govern a clause with `that`, only in the present.
SAY = Verb("say", "said", "said", "sagen", "gesagt", Frame.INTRANSITIVE, _WHO)
BELIEVE = Verb("believe", "believed", "believed", "glauben", "geglaubt", Frame.INTRANSITIVE, _WHO)
HOPE = Verb("hope", "hoped", "hoped", "hoffen", "gehofft", Frame.INTRANSITIVE, _WHO)
KNOW_THAT = Verb("know", "knew", "known", "wissen", "gewusst", Frame.INTRANSITIVE, _WHO)
CLAUSE_VERBS = (SAY, BELIEVE, HOPE, KNOW_THAT)

# ich, du, er/sie/es, wir, sie
IRREGULAR_PRESENT: dict[str, tuple[str, str, str, str, str]] = {
    "sein": ("bin", "bist", "ist", "sind", "sind"),
    "haben": ("habe", "hast", "hat", "haben", "haben"),
    "werden": ("werde", "wirst", "wird", "werden", "werden"),
    "können": ("kann", "kannst", "kann", "können", "können"),
    "müssen": ("muss", "musst", "muss", "müssen", "müssen"),
    "dürfen": ("darf", "darfst", "darf", "dürfen", "dürfen"),
    "sollen": ("soll", "sollst", "soll", "sollen", "sollen"),
    "wollen": ("will", "willst", "will", "wollen", "wollen"),
    "wissen": ("weiß", "weißt", "weiß", "wissen", "wissen"),
}
PAST_OF_BE = ("war", "warst", "war", "waren", "waren")

# English modal (`to`: takes do-support and `to`) and its German one; will is the future.
MODALS = (
    Chunk("can", "können"),
    Chunk("may", "dürfen"),
    Chunk("should", "sollen"),
    Chunk("want to", "wollen"),
    Chunk("have to", "müssen"),
)
WILL = Chunk("will", "werden")
