"""Write tests/parity/goldens/*_tokens/ with `transformers`: tiny vocabularies, texts and the ids to expect.

Run from the root of the repository, with the extra `parity`: python -m tests.parity.make_tokenizer_goldens
"""

import json
import warnings

import sentencepiece
from transformers import MarianTokenizer

from tests.data.tokenizers.test_sentence_piece import nasty, sentences
from tests.parity.make_goldens import emptied

SPECIAL = ("</s>", "<unk>")
CODES = (">>de<<", ">>fr<<")


def main():
    write_marian("marian_tokens")


def write_marian(name):
    """Write source.spm, target.spm and a vocabulary that lacks some of their pieces, and what it makes of texts."""
    folder = emptied(name)
    pieces = [
        write_model(folder / f"{side}.spm", sentences(300, seed)) for seed, side in enumerate(("source", "target"))
    ]
    # As in opus-mt: both sides' pieces, sorted by neither's ids; the padding comes last.
    joint = sorted(set(pieces[0][5:]) | set(pieces[1]) | {"犬"} | set(CODES), key=lambda piece: piece[::-1])
    vocabulary = [*SPECIAL, *(piece for piece in joint if piece not in SPECIAL), "<pad>"]
    ids = {piece: index for index, piece in enumerate(vocabulary)}
    (folder / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False), encoding="utf-8")
    with warnings.catch_warnings(action="ignore"):  # it recommends sacremoses, which tokenising does not use
        tokenizer = MarianTokenizer(*(str(folder / file) for file in ("source.spm", "target.spm", "vocab.json")))
    cases = [{"side": "source", "text": text, "token_ids": tokenizer(text).input_ids} for text in marian_texts()]
    cases += [
        {"side": "target", "text": text, "token_ids": tokenizer(text_target=text).input_ids} for text in marian_texts()
    ]
    for case in cases:
        case["decoded"] = tokenizer.decode(case["token_ids"], skip_special_tokens=True)
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    (folder / "tokens.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def marian_texts():
    """Texts of all kinds, with languages' codes known, unknown and in the wrong place."""
    plain = [*sentences(10, seed=2), *nasty(20, seed=2), "", " ", "犬", "the犬", "the 犬 dog"]
    coded = [
        f"{code}{text}"
        for code in (">>de<<", ">>fr<< ", ">>xx<<", ">>", "a >>de<<", ">>de", ">>a\nb<<")
        for text in ("the dog", "")
    ]
    return [*plain, *coded]


def write_model(path, texts):
    """Write a SentencePiece model without the large table of Unicode's normal forms; return its pieces."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_prefix=str(path),
        vocab_size=45,
        normalization_rule_name="identity",
        minloglevel=4,
    )
    path.with_name(f"{path.name}.model").rename(path)
    path.with_name(f"{path.name}.vocab").unlink()
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return [processor.id_to_piece(index) for index in range(processor.vocab_size())]


if __name__ == "__main__":
    main()
