"""From tokens that come in chunks to text that can be shown at once."""

from collections.abc import Callable, Iterator, Sequence

_REPLACEMENT = "\ufffd"
_LONGEST_CHARACTER = 4  # bytes of UTF-8


def stream_texts(
    decode: Callable[[list], list], rows: list, tokens: Iterator[list], stop: Sequence[str] = ()
) -> Iterator[list[str]]:
    """Yields what new tokens add to texts, one piece per row and chunk.

    Args:
        decode: From rows of ids to texts.
        rows: The ids of each prompt, lists of int.
        tokens: Chunks: for each row a list of new ids.
        stop: Strings at which a text ends.
    """
    streams = [TextStream(stop) for _ in rows]
    # A piece may have a space before it or none, depending on what it follows: prompts are decoded, too.
    begins = [len(text) for text in decode(rows)]

    def pieces(is_last: bool) -> list[str]:
        texts = zip(streams, decode(rows), begins, strict=True)
        return [stream.add(text[begin:], is_last) for stream, text, begin in texts]

    for new in tokens:
        rows = [[*row, *ids] for row, ids in zip(rows, new, strict=True)]
        yield pieces(is_last=False)
        if all(stream.ended for stream in streams):
            return
    yield pieces(is_last=True)


class TextStream:
    """The continuation of one prompt, piece by piece: only complete characters, and nothing from a stop string on.

    Args:
        stop: Strings at which the text ends.
    """

    def __init__(self, stop: Sequence[str] = ()):
        self.stop = tuple(stop)
        self.ended = False
        self._shown = 0

    def add(self, text: str, is_last: bool = False) -> str:
        """Returns the piece that is new and certain.

        Args:
            text: The whole continuation so far.
            is_last: Whether nothing follows.
        """
        if self.ended:
            return ""
        places = [place for place in (text.find(stop) for stop in self.stop) if place >= 0]
        self.ended = bool(places) or is_last
        certain = min(places) if places else len(text) if is_last else self._certain(text)
        piece = text[self._shown : certain]
        self._shown = max(self._shown, certain)
        return piece

    def _certain(self, text: str) -> int:
        """The number of characters that neither a character's missing bytes nor a stop string can change any more."""
        whole = len(text.rstrip(_REPLACEMENT))
        # Bytes that are no character by themselves stay what they are.
        certain = max(whole, len(text) - _LONGEST_CHARACTER + 1)
        return min([certain, *(len(text) - _overlap(text, stop) for stop in self.stop)])


def _overlap(text: str, stop: str) -> int:
    """The length of the longest end of `text` with which `stop` could begin."""
    return next((n for n in range(min(len(stop), len(text)), 0, -1) if text.endswith(stop[:n])), 0)
