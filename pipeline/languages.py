"""Languages by their BCP 47 codes: which are taken, what scripts they are written in, how words are found."""

from __future__ import annotations

import re
from typing import Literal

Tokenizer = Literal["13a", "zh", "char"]

_CODE = re.compile(r"[a-z]{2,3}([-_][a-z0-9]{2,8})*([-_]x([-_][a-z0-9]{1,8})+)?", re.IGNORECASE)
# Two-letter codes with the three-letter ones that they stand for (ISO 639, CLDR's aliases): BCP 47 takes the
# shortest, and so do the tables here.
_LONGER = """
aa:aar ab:abk ae:ave af:afr ak:aka am:amh an:arg ar:ara,arb as:asm av:ava ay:aym az:aze,azj ba:bak be:bel
bg:bul bi:bis bm:bam bn:ben bo:bod,tib br:bre bs:bos ca:cat ce:che ch:cha co:cos cr:cre cs:ces,cze cu:chu
cv:chv cy:cym,wel da:dan de:deu,ger dv:div dz:dzo ee:ewe el:ell,gre en:eng eo:epo es:spa et:ekk,est
eu:baq,eus fa:fas,per,pes ff:ful fi:fin fj:fij fo:fao fr:fra,fre fy:fry ga:gle gd:gla gl:glg gn:grn gu:guj
gv:glv ha:hau he:heb hi:hin ho:hmo hr:hrv ht:hat hu:hun hy:arm,hye hz:her ia:ina id:ind ie:ile ig:ibo
ii:iii ik:ipk io:ido is:ice,isl it:ita iu:iku ja:jpn jv:jav ka:geo,kat kg:kon ki:kik kj:kua kk:kaz kl:kal
km:khm kn:kan ko:kor kr:kau ks:kas ku:kmr,kur kv:kom,kpv kw:cor ky:kir la:lat lb:ltz lg:lug li:lim ln:lin
lo:lao lt:lit lu:lub lv:lav,lvs mg:mlg,plt mh:mah mi:mao,mri mk:mac,mkd ml:mal mn:khk,mon mr:mar
ms:may,msa,zsm mt:mlt my:bur,mya na:nau nb:nob nd:nde ne:nep,npi ng:ndo nl:dut,nld nn:nno no:nor nr:nbl
nv:nav ny:nya oc:oci oj:oji om:orm or:ori,ory os:oss pa:pan pi:pli pl:pol ps:pbu,pus pt:por qu:que rm:roh
rn:run ro:ron,rum ru:rus rw:kin sa:san sc:srd sd:snd se:sme sg:sag si:sin sk:slk,slo sl:slv sm:smo sn:sna
so:som sq:alb,als,sqi sr:srp ss:ssw st:sot su:sun sv:swe sw:swa,swh ta:tam te:tel tg:tgk th:tha ti:tir
tk:tuk tl:tgl tn:tsn to:ton tr:tur ts:tso tt:tat tw:twi ty:tah ug:uig uk:ukr ur:urd uz:uzb,uzn ve:ven
vi:vie vo:vol wa:wln wo:wol xh:xho yi:ydd,yid yo:yor za:zha zh:chi,cmn,zho zu:zul
"""
_SHORTER = {
    longer: shorter
    for shorter, _, several in (entry.partition(":") for entry in _LONGER.split())
    for longer in several.split(",")
}
# BCP 47 language subtags by Unicode script, for languages not written in Latin by default (CLDR likely
# subtags).
_LANGUAGES = {
    "Cyrillic": "ru uk be bg mk sr kk ky mn tg tt ba cv os ce ab",
    "Greek": "el grc",
    "Arabic": "ar fa ur ps sd ug ckb ks",
    "Hebrew": "he iw yi",
    "Devanagari": "hi mr ne sa mai bho",
    "Bengali": "bn as",
    "Gurmukhi": "pa",
    "Gujarati": "gu",
    "Oriya": "or",
    "Tamil": "ta",
    "Telugu": "te",
    "Kannada": "kn",
    "Malayalam": "ml",
    "Sinhala": "si",
    "Thai": "th",
    "Lao": "lo",
    "Khmer": "km",
    "Myanmar": "my",
    "Tibetan": "bo dz",
    "Georgian": "ka",
    "Armenian": "hy",
    "Ethiopic": "am ti",
    "Han": "zh yue wuu lzh",
}
_BY_LANGUAGE: dict[str, tuple[str, ...]] = {
    code: (script,) for script, codes in _LANGUAGES.items() for code in codes.split()
}
_BY_LANGUAGE["ja"] = ("Han", "Hiragana", "Katakana")
_BY_LANGUAGE["ko"] = ("Hangul", "Han")
_BY_SUBTAG = {"latn": ("Latin",), "cyrl": ("Cyrillic",), "arab": ("Arabic",), "deva": ("Devanagari",)}
_NO_SPACES = {"Hiragana", "Thai", "Lao", "Khmer", "Myanmar"}


def checked(language: str) -> str:
    """The code. Raises ValueError for what is none: `chinese` would match no text, and cleaning would reject
    every pair."""
    if not _CODE.fullmatch(language):
        raise ValueError("write the language's BCP 47 code, as en, zh or pt-BR")
    primary, *rest = re.split("([-_])", language)
    if shorter := _SHORTER.get(primary.lower()):
        raise ValueError(f"write {shorter}{''.join(rest)}, the shorter code of the same language")
    return language


def scripts_of(language: str) -> tuple[str, ...]:
    """Unicode scripts in which a BCP 47 language is written; a script subtag (`sr-Latn`) wins."""
    primary, *subtags = language.replace("_", "-").lower().split("-")
    for subtag in subtags:
        if subtag == "x":  # What follows means something to its users alone.
            break
        if subtag in _BY_SUBTAG:
            return _BY_SUBTAG[subtag]
    return _BY_LANGUAGE.get(primary, ("Latin",))


def tokenizer_of(language: str) -> Tokenizer:
    """sacreBLEU's for a target language. 13a finds words by spaces, so that a sentence written without any
    would be one word."""
    scripts = scripts_of(language)
    if scripts == ("Han",):
        return "zh"
    return "13a" if _NO_SPACES.isdisjoint(scripts) else "char"
