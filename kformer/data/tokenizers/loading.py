"""A tokenizer from its kind and its files: how every processor keeps its own."""

from pathlib import Path

from kformer.data.tokenizers.byte_bpe import ByteBPETokenizer
from kformer.data.tokenizers.character import CharacterTokenizer
from kformer.data.tokenizers.marian import MarianTokenizer
from kformer.data.tokenizers.sentence_piece import SentencePieceTokenizer
from kformer.data.tokenizers.wordpiece import WordPieceTokenizer
from kformer.errors import suggest

TOKENIZERS = {
    tokenizer.kind: tokenizer
    for tokenizer in (
        WordPieceTokenizer,
        ByteBPETokenizer,
        SentencePieceTokenizer,
        MarianTokenizer,
        CharacterTokenizer,
    )
}


def load_tokenizer(kind, folder, **config):
    """The tokenizer that `save` wrote into a folder.

    Args:
        kind: str, its class' `kind`.
        folder: path.
        **config: its `get_config()`.

    Raises:
        ValueError: when there is no such kind.
        FileNotFoundError: when one of its files is not in the folder.
    """
    if kind not in TOKENIZERS:
        raise ValueError(
            f"There is no tokenizer of the kind {kind!r}. Accepted: {', '.join(TOKENIZERS)}."
            f"{suggest(str(kind), TOKENIZERS)}"
        )
    try:
        return TOKENIZERS[kind].load(folder, **config)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{folder} has no {Path(error.filename).name}, which a {kind} tokenizer needs: save the tokenizer there."
        ) from None
