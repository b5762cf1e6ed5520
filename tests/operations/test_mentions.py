"""A text names somebody however it is written, and nobody who is called alike."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from html import escape
from urllib.parse import quote, quote_plus, urlencode

import pytest
from effort import times
from hypothesis import example, given, settings
from hypothesis import strategies as st

from carepath.operations.mentions import Mentions, normalise
from carepath.operations.readings import read_forms

ADDRESS, NAME, ID = "Anna.Meier@example.org", "Anna Müller", "member-4711"
WORDS = (ADDRESS, NAME, ID)


def widen(text: str) -> str:
    """Write ASCII in full-width letters."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def encode_all(text: str) -> str:
    """Encode every byte, as nobody must and some do."""
    return "".join(f"%{byte:02x}" for byte in text.encode())


def encode_html(text: str, form: str) -> str:
    """Write every sign as an entity."""
    return "".join(form.format(ord(c)) for c in text)


def escape_names(text: str) -> str:
    """Write what is no letter as an entity with a name, where it has one."""
    return "".join("&" + NAMED[c] if c in NAMED else c for c in text)


def encode_base64(text: str) -> str:
    """Encode the UTF-8 of a text."""
    return b64encode(text.encode()).decode()


NAMED = {"@": "commat;", ".": "period;", " ": "nbsp;", "ü": "uuml;", "-": "#45;", "+": "plus;"}
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "URL": quote,
    "URL, hexadecimal in lower case": lambda text: re.sub(
        "%..", lambda m: m[0].lower(), quote(text)
    ),
    "URL, every byte": encode_all,
    "form": quote_plus,
    "URL in URL": lambda text: quote(quote(text)),
    "URL in URL in URL": lambda text: quote(quote(quote(text))),
    "form in URL": lambda text: quote(urlencode({"next": "/a?" + urlencode({"who": text})})),
    "Latin-1 in URL": lambda text: quote(text, encoding="latin-1"),
    "JSON": lambda text: json.dumps({"who": text}),
    "JSON in URL": lambda text: quote(json.dumps({"who": text})),
    "URL in JSON in JSON": lambda text: json.dumps(json.dumps({"url": "/?who=" + quote(text)})),
    "JSON in CSV": lambda text: json.dumps({"who": text}).replace('"', '""'),
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "NFD in URL": lambda text: quote(unicodedata.normalize("NFD", text)),
    "NFD in JSON": lambda text: json.dumps(unicodedata.normalize("NFD", text)),
    "full width": widen,
    "full width in URL": lambda text: quote(widen(text)),
    "HTML": lambda text: encode_html(text, "&#{};"),
    "HTML, hexadecimal": lambda text: encode_html(text, "&#x{:X};"),
    "HTML without semicolons": lambda text: encode_html(text, "&#{} ").replace(" ", ""),
    "HTML with names": lambda text: escape_names(text),
    "HTML in HTML": lambda text: escape(escape_names(text)),
    "HTML in URL": lambda text: quote(escape_names(text)),
    "URL in HTML": lambda text: encode_html(quote(text), "&#{};"),
    "HTML in JSON": lambda text: json.dumps({"who": escape_names(text)}),
    "percent sign and u": lambda text: re.sub(
        r"[^\w.]|[^\x00-\x7f]", lambda found: f"%u{ord(found[0]):04X}", text
    ),
    "zero-width spaces": lambda text: "\u200b".join(text),
    "zero-width joiners in URL": lambda text: quote("\u200d".join(text)),
    "soft hyphens": lambda text: "\u00ad".join(text),
    "soft hyphens in HTML": lambda text: "&shy;".join(text),
    "marks of direction": lambda text: f"\u2067{text}\u2069",
    "decomposed around a joiner": lambda text: unicodedata.normalize("NFD", text).replace(
        "\u0308", "\u034f\u0308"
    ),
    "base64": lambda text: encode_base64(text),
    "base64 for URLs": lambda text: encode_base64(text).replace("+", "-").replace("/", "_"),
    "base64 in URL": lambda text: quote(encode_base64(text), safe=""),
    "base64 without its end": lambda text: encode_base64(text).rstrip("="),
    "base64 of Latin-1": lambda text: b64encode(text.encode("latin-1")).decode(),
    "base64 of JSON": lambda text: encode_base64(json.dumps({"who": text, "n": 1})),
    "base64 of base64": lambda text: encode_base64(encode_base64(text)),
    "base64 of URL": lambda text: encode_base64("https://a.example.org/?who=" + quote(text)),
}
AROUND = (
    "{}",
    "https://app.example.org/a?who={}&x=1",
    "https://app.example.org/{}/edit",
    "to: {}.",
)
ALIKE = (
    "joanna.meier@example.org",
    "anna.meier@example.org.uk",
    "anna.meier@example.orga",
    "x+anna.meier@example.org",
    "anna.meier2@example.org",
    "Joanna Müller",
    "Anna Müllerson",
    "Anna Muller",
    "Anna-Müller",
    "member-47110",
    "xmember-4711",
    "member-4711@example.org",
    "member-4711.jones@example.org",
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_found_in_every_form(word: str, form: str) -> None:
    for around in AROUND:
        text = around.format(FORMS[form](word))
        assert Mentions(WORDS).find(text) == {normalise(word)}, text
    # The word itself may come in any form as well.
    decomposed = unicodedata.normalize("NFD", word)
    assert Mentions([decomposed]).find(FORMS[form](word)) == {normalise(word)}


@pytest.mark.parametrize(
    ("word", "text"),
    [
        (" Anna Müller ", "see Anna Müller."),
        ("Anna  Müller", "see Anna Müller"),
        ("Anna Müller", "see Anna\nMüller, or Anna \t Müller"),
        ("Anna Müller", "?who=Anna+%0AM%C3%BCller"),
        ("anna@example.org\u00a0", "to anna@example.org."),
        ("Mary O'Brien", "of Mary O\N{RIGHT SINGLE QUOTATION MARK}Brien"),
        ("Mary O\N{RIGHT SINGLE QUOTATION MARK}Brien", "of Mary O'Brien"),
        ("Mary O'Brien", "{'name': 'Mary O\\'Brien'}"),
    ],
)
def test_spaces_around_and_between_words_and_kinds_of_apostrophes_do_not_count(
    word: str, text: str
) -> None:
    assert Mentions([word]).find(text) == {normalise(word)}


def test_a_plus_sign_is_a_space_of_a_name_and_itself_in_an_address() -> None:
    found = Mentions([NAME, "anna+care@example.org"]).find
    assert found("?who=Anna+Müller") == {"anna müller"}
    assert found("?who=anna+care@example.org") == {"anna+care@example.org"}
    assert found("?who=anna+care%40example.org") == {"anna+care@example.org"}
    assert found("?who=anna%2Bcare%40example.org") == {"anna+care@example.org"}
    # As a form writes what was searched for.
    assert Mentions([ADDRESS]).find("?q=write+to+anna.meier%40example.org+now")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("other", ALIKE)
def test_nobody_who_is_called_alike_is_found(other: str, form: str) -> None:
    for around in AROUND:
        text = around.format(FORMS[form](other))
        assert Mentions(WORDS).find(text) == set(), text


ONE_SIGN: dict[str, Callable[[str], str]] = {
    "percent": encode_all,
    "percent twice": lambda sign: quote(encode_all(sign)),
    "percent and u": lambda sign: f"%u{ord(sign):04x}",
    "JSON": lambda sign: f"\\u{ord(sign):04x}",
    "HTML": lambda sign: f"&#{ord(sign)};",
    "HTML, hexadecimal": lambda sign: f"&#x{ord(sign):x};",
    "HTML in HTML": lambda sign: f"&amp;#{ord(sign)};",
    "HTML in URL": lambda sign: quote(f"&#{ord(sign)};"),
    "URL in HTML": lambda sign: f"&#37;{ord(sign):02x}" if sign.isascii() else sign,
    "after a soft hyphen": lambda sign: "\u00ad" + sign,
    "after a joiner in URL": lambda sign: "%E2%80%8D" + sign,
}


@pytest.mark.parametrize("form", ONE_SIGN)
def test_one_encoded_sign_neither_hides_nor_makes_anybody(form: str) -> None:
    mentions = Mentions(WORDS)
    # In a value with percent signs a plus sign may be a space: then it is another word.
    for who in (*WORDS, *(other for other in ALIKE if "+" not in other)):
        for place, sign in enumerate(who):
            text = f"to: {who[:place]}{ONE_SIGN[form](sign)}{who[place + 1 :]}."
            assert mentions.find(text) == ({normalise(who)} if who in WORDS else set()), text


@pytest.mark.parametrize(
    ("word", "text"),
    [
        (NAME, "see\u200bAnna\u200bMüller\u200bnow"),
        ("Anna-Maria Müller", "Anna\u2010Maria Müller, Anna\u2011Maria Müller"),
        ("Mary O'Brien", "Mary O`Brien"),
        ("Mary O'Brien", "Mary O\u00b4Brien"),
        ("Mary O'Brien", "Mary O&rsquo;Brien"),
        ("Anna &amp; Bea", "Anna & Bea"),
        (
            ADDRESS,
            "eyJhbGciOiJIUzI1NiJ9." + b64encode(b'{"email":"anna.meier@example.org"}').decode(),
        ),
        (ADDRESS, "/unsubscribe/" + b64encode(b"anna.meier@example.org").decode() + "/now"),
    ],
)
def test_what_cannot_be_seen_or_looks_alike_does_not_count(word: str, text: str) -> None:
    assert Mentions([word]).find(text) == {normalise(word)}


def test_two_values_in_base64_are_not_read_as_one() -> None:
    text = "&".join(encode_base64(part) for part in ("this is Anna", "Müller & Sons"))
    assert Mentions(WORDS).find(text) == set()


@pytest.mark.parametrize(
    "text", ["&#99999999999;", "&#xD800;", "&#0;", "&#x110000;", "&nosuch;", "%uD800", "%uZZZZ"]
)
def test_what_stands_for_no_sign_is_no_mistake(text: str) -> None:
    assert Mentions(WORDS).find(f"to {ADDRESS} {text}") == {normalise(ADDRESS)}


@settings(max_examples=times(200), deadline=None)
@example(words=["a", "a.b"], text="a.b a.b@c")
@example(words=['"a'], text='""a')
@example(words=["a"], text="a+.b@")
@given(
    words=st.lists(st.text('ab1@.+- "', min_size=1, max_size=6), max_size=4),
    text=st.text('ab1@.+- "&', max_size=30),
)
def test_words_are_found_where_a_plain_search_finds_them(words: list[str], text: str) -> None:
    """Without anything encoded: a word between what is no letter, one regular expression each."""

    def search(word: str, reading: str) -> bool:
        begin = "(?<![\\w@.+-])" if re.match(r"[\w@.+-]", word) else ""
        end = r"(?![\w@-]|\.\w)" if "@" in word else r"(?![\w@-]|[.+][\w.+-]*@)"
        return bool(re.search(begin + re.escape(word) + end, normalise(reading)))

    has_head = [normalise(word) for word in words if re.search(r"[\w@-]", word)]
    expected = {
        word
        for word in has_head
        for reading in {text, *read_forms(text)}
        if search(word, reading) or (" " in word and search(word, reading.replace("+", " ")))
    }
    assert Mentions(has_head).find(text) <= expected
    plain = {word for word in expected if re.match(r"[\w@-]", word)}
    assert plain <= Mentions(has_head).find(text)


@pytest.mark.parametrize(
    "piece",
    [
        "%25",
        "%",
        "%%32",
        "%2B+",
        "\\",
        '""',
        "\\u005c",
        "a.",
        "a+",
        "+",
        "anna",
        "anna.meier@",
        "@",
        "é",
        "ａ",
        "&amp;",
        "&",
        "&#64;",
        "&#38;#",
        "&#38;amp;",
        "%u0040",
        "\u200b",
        "YW5u",
        "QUFB/",
        "/",
    ],
)
def test_a_long_text_costs_no_more_than_its_length(piece: str) -> None:
    mentions = Mentions([*WORDS, "a.a.a.a.a.a@b", '"', "++"])
    begun = time.perf_counter()
    mentions.find("x=" + piece * (300_000 // len(piece)) + "40")
    assert time.perf_counter() - begun < 20


def test_many_texts_at_once_are_found_as_one_by_one() -> None:
    texts = [form(word) for form in FORMS.values() for word in (*WORDS, *ALIKE)]
    texts = [*texts, *(f"nobody {number}" for number in range(500)), "\\", '"', "%", ID]
    mentions = Mentions(WORDS)
    each = {text: found for text in texts if (found := mentions.find(text))}
    assert mentions.find_each(texts) == each
    assert len(each) > len(FORMS)


def test_ten_thousand_words_cost_no_more_than_one() -> None:
    text = "https://app.example.org/a?who=anna%40example.org " * 200
    many = Mentions([f"member{n}@example.org" for n in range(10_000)])
    begun = time.perf_counter()
    for _ in range(20):
        many.find(text)
    assert time.perf_counter() - begun < 10
