"""What all tokenizers have in common."""


class Tokenizer:
    """Text to ids, by the same operations in training, in prediction and in a SavedModel.

    A subclass has

    - `encode(texts)`: the ids of (batch,) strings, an int32 RaggedTensor, eagerly or in a graph;
    - `decode(ids)`, where ids can be turned back: (batch,) strings, up to the first end;
    - `pad_id`, `unk_id`, `start_id`, `end_id`: int;
    - `vocab_size`: int; `fingerprint`: str, a hash of all that changes the ids;
    - `save(folder)`, which writes its files, and the class method `load(folder, **config)`, which reads them.
    """

    # Its name in saved tasks (see `load_tokenizer`).
    kind = None
    # Whether `encode` ends with the end token.
    appends_end = False

    def get_config(self):
        """dict, what `load` needs besides the files."""
        return {}
