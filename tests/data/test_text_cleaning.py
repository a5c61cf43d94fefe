"""Cleaning of one text, on the host and in the graph."""

import random
import unicodedata

import pytest

from kformer.data.text_cleaning import clean_text, clean_text_in_graph, find_blemishes, strip_html


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("", ""),
        ("plain text.", "plain text."),
        ("  two  spaces\tand\na line\u00a0end\u2028 ", "two spaces and a line end"),
        ("cafe\u0301", "caf\u00e9"),
        ("a\x00b\x07c\x7f\u200bd\ufeff\u202e", "abcd"),
        ("soft\u00adhyphen", "softhyphen"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("a &amp; b<br>", "a &amp; b<br>"),
        (" \u200b ", ""),
    ],
)
def test_text_is_cleaned(text, clean):
    assert clean_text(text) == clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("AT&amp;T", "AT&T"),
        ("it&#39;s it&#x27;s it&apos;s", "it's it's it's"),
        ("caf&eacute; &nbsp; &mdash; &#8217;", "caf\u00e9 \u2014 \u2019"),
        ("&#151; as browsers read it", "\u2014 as browsers read it"),
        ("today #39;s  quot;news quot;", 'today\'s "news"'),
        ("&amp;quot;twice&amp;quot;", '"twice"'),
        ("back&#92;slash", "back\\slash"),
        ("one<br />two<p class='x'>three</p>", "one two three"),
        ("w<b>o</b>rd", "word"),
        ("&lt;b&gt;bold&lt;/b&gt;", "bold"),
        ("a<!-- note -->b<script>x < y</script>c", "a b c"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<unk> x<y and z>w", "<unk> x<y and z>w"),
        ("fish &unknown; chips; time;", "fish &unknown; chips; time;"),
    ],
)
def test_html_is_removed_on_request(text, clean):
    assert clean_text(text, html=True) == clean


def test_cleaning_twice_changes_nothing_more():
    for text in weird_texts(2000):
        assert clean_text(clean_text(text)) == clean_text(text)


def test_white_space_around_removed_tags_is_left_to_the_text_rules():
    assert strip_html("a<br>b") == "a b"


# Characters by themselves, then words that only mean something whole.
CHARACTERS = (
    "ab <>&;#'\"\\  \t\n\r\x0b\x0c\x00\x07\x1b\x1c\x7f\x85\x9f\u00a0\u00ad\u1680\u180e\u2003\u2028\u202f\u205f\u3000"
    "\u200b\u200c\u200d\u200e\u202e\u2060\u2066\ufeff\ufffb\ufffd\u0301\u0345\u212b\u2126\u1fef\u1100\u1161"
    "\u00e9\uac00\ufb01\u01c5\U0001f389\U0001f468"
)
WORDS = (
    "&amp; &#39; #39; &#x27; &#X2019; &eacute; &#151; &#0039; &lt; &gt; quot; amp; &nbsp; &#160; &#0; &#35; &#59; "
    "&#32; &amp;lt; &#92; &lt;p&gt; <b> </B> <br/> <p\tclass='x'> <\u017fpan> <\u212abd> <script> </script> <!-- --> "
    "<style> </style> <unk> </ <3"
)


def weird_texts(count):
    pieces = [*CHARACTERS, *WORDS.split(" ")]
    generator = random.Random(0)
    return ["".join(generator.choices(pieces, k=generator.randint(0, 14))) for _ in range(count)]


@pytest.mark.parametrize("white_space", [False, True])
@pytest.mark.parametrize("html", [False, True])
def test_the_graph_gives_what_the_host_gives(html, white_space):
    import tensorflow as tf

    texts = weird_texts(5000)
    in_graph = tf.function(lambda strings: clean_text_in_graph(strings, html, white_space))(tf.constant(texts))
    assert [text.decode() for text in in_graph.numpy()] == [clean_text(text, html, white_space) for text in texts]


def test_white_space_is_kept_on_request():
    assert clean_text(" def f():\n\treturn 'cafe\u0301'\x00 \r\n\u2028", white_space=False) == (
        " def f():\n\treturn 'caf\u00e9' \r\n\u2028"
    )


def test_the_graph_gives_what_the_host_gives_on_real_news(shared_data):
    import tensorflow as tf

    texts = (shared_data / "ag_news" / "validation.csv").read_text(encoding="utf-8").splitlines()
    in_graph = clean_text_in_graph(tf.constant(texts), html=True)
    assert [text.decode() for text in in_graph.numpy()] == [clean_text(text, html=True) for text in texts]


def test_the_graph_keeps_the_shape():
    import tensorflow as tf

    assert clean_text_in_graph(tf.constant([["a "], [" b"]])).numpy().tolist() == [[b"a"], [b"b"]]


def test_bytes_that_are_not_utf_8_become_replacement_characters_in_the_graph():
    import tensorflow as tf

    assert clean_text_in_graph(tf.constant([b"caf\xe9 x"])).numpy()[0].decode() == "caf\ufffd x"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain; text < 3", []),
        ("a  b", ["white_space"]),
        ("a ", ["white_space"]),
        ("a\tb", ["white_space"]),
        ("a\u00a0b", ["white_space"]),
        ("cafe\u0301", ["not_nfc"]),
        ("a\x00", ["control_characters"]),
        ("a<br>b", ["html"]),
        ("a &amp; b", ["html"]),
    ],
)
def test_blemishes_are_named(text, found):
    assert find_blemishes(text) == found


def test_blemishes_are_found_exactly_where_cleaning_changes_something():
    for text in weird_texts(2000):
        found = set(find_blemishes(text)) - {"html"}
        assert bool(found) == (clean_text(text) != text), (text, unicodedata.normalize("NFC", text))
