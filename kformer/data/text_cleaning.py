"""Cleaning of one text, on the host and in a TensorFlow graph, by the same rules and with equal results."""

import html
import html.entities
import re
import unicodedata
from functools import cache, lru_cache

# Nothing a reader sees: control characters, byte order marks, soft hyphens, marks of direction, zero-width spaces.
# The zero-width joiners U+200C and U+200D stay: Persian, Indic scripts and emoji are spelled with them.
_INVISIBLE = (
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
    "\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]+"
)
# Spelled out, since \s is Unicode in Python's re and ASCII in RE2.
_SPACES = "[\\t\\n\\x0b\\x0c\\r\\x1c-\\x1f \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"

# Ordered (pattern, replacement); patterns are valid, and mean the same, in RE2 and in Python's re.
TEXT_RULES = ((_INVISIBLE, ""), (_SPACES, " "), ("^ | $", ""))

_INLINE_TAGS = (
    "a|abbr|b|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup|tt|u|var"
)
_BLOCK_TAGS = (
    "address|article|aside|blockquote|body|br|button|caption|center|col|colgroup|dd|details|div|dl|dt|fieldset|"
    "figcaption|figure|footer|form|h[1-6]|head|header|hr|html|iframe|img|input|label|legend|li|link|main|meta|nav|"
    "noscript|object|ol|optgroup|option|p|param|pre|script|section|select|source|style|summary|svg|table|tbody|td|"
    "textarea|tfoot|th|thead|time|title|tr|ul|video|audio"
)
# Both engines fold case as Unicode does, so that flags in a group mean the same in both.
_HTML_TAG_RULES = (
    (r"<!--(?s:.*?)-->", " "),
    (r"(?i:<script[^<>]*>(?s:.*?)</script *>)", " "),
    (r"(?i:<style[^<>]*>(?s:.*?)</style *>)", " "),
    (rf"(?i:</?(?:{_INLINE_TAGS})(?:[ /\t\r\n][^<>]*)?>)", ""),
    (rf"(?i:</?(?:{_BLOCK_TAGS})(?:[ /\t\r\n][^<>]*)?>)", " "),
)


@cache
def _entity_rules() -> tuple[tuple[str, str], ...]:
    """Rules for the entities of Latin-1 and Windows-1252 characters, by name, decimal and hexadecimal number.

    An ampersand that an earlier tool turned into a space is accepted for numbers and a few names (" #39;s" in
    news feeds). "&amp;" comes first, so that entities which were escaped twice are resolved as well.
    """
    names = {codepoint: name for name, codepoint in html.entities.name2codepoint.items()} | {ord("'"): "apos"}
    numbers: dict[str, list[int]] = {}
    for number in (*range(0x20, 0x7F), *range(0x80, 0x100)):
        # Numbers 128 to 159 are read as Windows-1252, as browsers do.
        numbers.setdefault(html.unescape(f"&#{number};"), []).append(number)
    rules = []
    for character, codes in sorted(numbers.items(), key=lambda item: item[0] != "&"):
        if len(character) != 1 or (character.isascii() and character.isalnum()) or "\x80" <= character <= "\x9f":
            continue
        codes = sorted({*codes, ord(character)})
        forms = [rf"#0*{code}|#[xX]0*(?i:{code:x})" for code in codes]
        lost = "|".join(forms)
        name = names.get(ord(character))
        if name in _OFTEN_WITHOUT_AMPERSAND:
            lost += f"|{name}"
        pattern = rf"(?:[& ]|^)(?:{lost});"
        if name is not None:
            pattern += f"|&{name};"
        rules.append((pattern, character.replace("\\", "\\\\")))
    return tuple(rules)


_OFTEN_WITHOUT_AMPERSAND = frozenset(
    ("quot", "amp", "lt", "gt", "nbsp", "hellip", "ndash", "mdash", "lsquo", "rsquo", "ldquo", "rdquo")
)
# Every place where a rule for an entity can match, and many where none does: "time;".
_CANDIDATE = re.compile(r"(?<![^& ])(#?\w+);")


@lru_cache(maxsize=4096)
def _entity_rule(name: str) -> int | None:
    """Returns the position of the rule that resolves the entity `name`, or None where it is not one."""
    rules = _compiled(_entity_rules())
    return next((position for position, (pattern, _) in enumerate(rules) if pattern.fullmatch(f"&{name};")), None)


def _resolve_entities(text: str) -> str:
    """Applies `_entity_rules` in their order, leaving out those that have nothing to do (nearly all)."""
    done = -1
    while True:
        positions = {_entity_rule(name) for name in _CANDIDATE.findall(text)} - {None}
        position = min((position for position in positions if position > done), default=None)
        if position is None:
            return text
        pattern, replacement = _compiled(_entity_rules())[position]
        text = pattern.sub(replacement, text)
        done = position


@cache
def _rules(html: bool, white_space: bool) -> tuple[tuple[str, str], ...]:
    return (*_entity_rules(), *_HTML_TAG_RULES, *_text_rules(white_space)) if html else _text_rules(white_space)


def _text_rules(white_space: bool) -> tuple[tuple[str, str], ...]:
    # The first one leaves white space alone.
    return TEXT_RULES if white_space else TEXT_RULES[:1]


@cache
def _compiled(rules: tuple[tuple[str, str], ...]) -> tuple:
    return tuple((re.compile(pattern), replacement) for pattern, replacement in rules)


def _apply(rules: tuple[tuple[str, str], ...], text: str) -> str:
    for pattern, replacement in _compiled(rules):
        text = pattern.sub(replacement, text)
    return text


def strip_html(text: str) -> str:
    """Returns the text with entities resolved and tags removed; its white space is left as it comes out."""
    if ";" in text:
        text = _resolve_entities(text)
    return _apply(_HTML_TAG_RULES, text) if "<" in text else text


def _is_plain(text: str) -> bool:
    """Tells of most clean texts that they are, by checks that cost a tenth of the rules."""
    return text.isascii() and text.isprintable() and "  " not in text and text == text.strip(" ")


def clean_text(text: str, html: bool = False, white_space: bool = True) -> str:
    """Returns the text in Unicode NFC, without control characters, with single spaces between words.

    Args:
        text: Any text.
        html: Also resolves entities and removes tags.
        white_space: False keeps white space as it is, for text in which it means something, such as code.

    Returns:
        The clean text; equal to what `clean_text_in_graph` gives.
    """
    if html:
        text = strip_html(text)
    return text if _is_plain(text) else unicodedata.normalize("NFC", _apply(_text_rules(white_space), text))


def clean_text_in_graph(strings, html: bool = False, white_space: bool = True):
    """Returns the clean texts of a string tensor, by the rules of `clean_text`, inside a TensorFlow graph.

    Args:
        strings: String tensor of any shape; bytes that are not UTF-8 become U+FFFD.
        html: Also resolves entities and removes tags.
        white_space: False keeps white space as it is.

    Returns:
        String tensor of the same shape.
    """
    import tensorflow as tf
    import tensorflow_text

    strings = tf.strings.unicode_transcode(strings, "UTF-8", "UTF-8", errors="replace")
    for pattern, replacement in _rules(html, white_space):
        strings = tf.strings.regex_replace(strings, pattern, replacement)
    return tensorflow_text.normalize_utf8(strings, "NFC")


_INVISIBLE_FOUND = re.compile(_INVISIBLE)
_SPACES_FOUND = re.compile(f"^ | $|  |(?! ){_SPACES}")
_TAG_FOUND = re.compile("|".join(f"(?:{pattern})" for pattern, _ in _HTML_TAG_RULES))


def find_blemishes(text: str) -> list[str]:
    """Names what cleaning would mend in a text: "not_nfc", "control_characters", "white_space", "html"."""
    found = []
    if (";" in text and _resolve_entities(text) != text) or ("<" in text and _TAG_FOUND.search(text)):
        found.append("html")
    if _is_plain(text):
        return found
    if not unicodedata.is_normalized("NFC", text):
        found.append("not_nfc")
    if _INVISIBLE_FOUND.search(text):
        found.append("control_characters")
    if _SPACES_FOUND.search(text):
        found.append("white_space")
    return found
