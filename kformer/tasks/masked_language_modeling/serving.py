"""Texts with masks in, guesses out, in a graph."""

NUM_GUESSES = 5


def make_serving(task):
    """The task as one TensorFlow function that guesses what the masks of texts hide.

    Args:
        task: a masked language modeling task.

    Returns:
        `tf.function` of `text` (batch,) strings, in which the tokenizer's mask token ("[MASK]") stands for what is to
        be guessed, to the dict that `task.served` describes. Masks beyond the longest row are not guessed.
    """
    import tensorflow as tf

    tokenizer = task.processor.tokenizer
    mask = tokenizer.vocabulary[tokenizer.mask_id]

    def serve(text):
        parts = tf.strings.split(text, mask)
        ids = _with_masks(task.processor, parts)
        token_ids = ids.to_tensor(default_value=tokenizer.pad_id)
        places = tf.ragged.boolean_mask(tf.ragged.range(ids.row_lengths()), tf.equal(ids, tokenizer.mask_id))
        inputs = {
            "token_ids": token_ids,
            "padding_mask": tf.sequence_mask(ids.row_lengths(), tf.shape(token_ids)[1]),
            "masked_positions": tf.cast(places.to_tensor(shape=(None, None)), "int32"),
        }
        # Of the ids that are text: a mask or an unknown token is no answer.
        logits = task(inputs, training=False) + _only_words(task)
        scores, best = tf.math.top_k(tf.nn.softmax(logits), min(NUM_GUESSES, tokenizer.vocab_size))
        tokens = tf.gather(tf.constant(tokenizer.vocabulary), best)
        guessed = tf.RaggedTensor.from_tensor(tokens[:, :, 0], lengths=places.row_lengths())
        return {
            "filled": _fill(parts, guessed, mask),
            "tokens": tokens,
            "scores": scores,
            "num_masks": places.row_lengths(),
        }

    return tf.function(serve, input_signature=[tf.TensorSpec((None,), "string", name="text")], autograph=False)


def _with_masks(processor, parts):
    """The ids of texts cut at their masks, strings (batch, None): framed, with the mask's id between the parts."""
    import tensorflow as tf

    from kformer.data.text_cleaning import clean_text_in_graph

    tokenizer = processor.tokenizer
    texts = clean_text_in_graph(parts.values, processor.html, white_space=False)
    # As in RoBERTa's own, a mask takes the space before it; the space behind it belongs to the next word.
    ids = tokenizer.encode(tf.strings.regex_replace(texts, r"\s+$", ""))
    is_not_last = tf.ragged.range(parts.row_lengths()) < tf.expand_dims(parts.row_lengths() - 1, axis=1)
    masks = tf.fill((ids.nrows(), 1), tokenizer.mask_id)
    masks = tf.RaggedTensor.from_tensor(masks, lengths=tf.cast(is_not_last.values, "int64"))
    rows = parts.with_values(tf.concat([ids, masks], axis=1)).merge_dims(1, 2)
    start, end = (tf.fill((rows.nrows(), 1), tf.constant(i, "int32")) for i in (tokenizer.start_id, tokenizer.end_id))
    return tf.concat([start, rows[:, : processor.max_length - processor.num_special], end], axis=1)


def _only_words(task):
    """(vocab_size,), 0 at words and minus infinity at special tokens and rows of the table that are no token."""
    import numpy as np

    bias = np.full(task.backbone.vocab_size, -np.inf, "float32")
    bias[: task.processor.tokenizer.vocab_size] = 0.0
    bias[task.processor.special_ids] = -np.inf
    return bias


def _fill(parts, tokens, mask):
    """Texts (batch,) from their parts (batch, None) with tokens (batch, masks) between them."""
    import tensorflow as tf

    guesses = tf.strings.regex_replace(tokens.flat_values, "^##|^\u0120", "")
    missing = parts.row_lengths() - 1 - tokens.row_lengths()
    masks = tf.RaggedTensor.from_row_lengths(tf.fill([tf.reduce_sum(missing)], mask), missing)
    nothing = tf.fill((parts.nrows(), 1), "")
    between = tf.concat([tokens.with_values(guesses), masks, nothing], axis=1)
    # Part, token, part, token, ..., part, nothing.
    pairs = tf.stack([parts.values, between.values], axis=1)
    return tf.strings.reduce_join(parts.with_values(tf.strings.reduce_join(pairs, axis=1)), axis=1)
