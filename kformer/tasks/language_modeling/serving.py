"""Prompts in, continuations out, in a graph."""

import numpy as np


def make_serving(task):
    """The task as one TensorFlow function that continues prompts greedily, the whole loop in the graph.

    A prompt that would leave no room for `task.max_new_tokens` loses its beginning; an empty one begins a new text.

    Args:
        task: a language modeling task.

    Returns:
        `tf.function` of `text` (batch,) strings to the dict that `task.served` describes.
    """
    import tensorflow as tf

    from kformer.generation import Sampling, begin, decode, streams
    from kformer.tasks.decoding import CausalDecoder

    decoder = CausalDecoder(task.backbone)
    tokenizer = task.processor.tokenizer
    greedy, stream = Sampling(temperature=0.0).options(), streams(0, np.zeros(1))

    def serve(text):
        ids = task.processor.encode(text)[:, -task.longest_prompt :]
        prompts, start = _padded_in_front(ids, tokenizer.end_id)
        batch_size, width = tf.unstack(tf.shape(prompts))
        noise = tf.repeat(stream, batch_size)
        state = begin(decoder, prompts, start, tf.zeros((batch_size,), "bool"), width + task.max_new_tokens)
        state = decode(decoder, state, noise, greedy, tokenizer.end_id, task.max_new_tokens)
        return {"continuation": _continuations(tokenizer, ids, state.token_ids[:, width : state.index])}

    return tf.function(serve, input_signature=[tf.TensorSpec((None,), "string", name="text")], autograph=False)


def _padded_in_front(ids, end_id):
    """Ragged ids as (batch, width) int32 with zeros in front, and where each row begins, (batch,) int32."""
    import tensorflow as tf

    # A row without ids begins where another text has ended.
    is_empty = tf.cast(tf.equal(ids.row_lengths(), 0), "int64")
    ends = tf.RaggedTensor.from_tensor(tf.fill((ids.nrows(), 1), end_id), lengths=is_empty)
    ids = tf.concat([ends, ids], axis=1)
    lengths = tf.cast(ids.row_lengths(), "int32")
    # The loop reads the last id of each prompt; before it there must be a place for others.
    width = tf.reduce_max(tf.concat([lengths, [2]], axis=0))
    places = tf.range(width) - tf.expand_dims(width - lengths, axis=1)
    rows = tf.gather(ids.to_tensor(shape=(None, None)), tf.maximum(places, 0), batch_dims=1)
    return tf.where(places >= 0, rows, 0), width - lengths


def _continuations(tokenizer, ids, new_ids):
    """The texts (batch,) of new ids (batch, n) behind those of prompts, ragged.

    A piece may have a space before it or none, depending on what it follows: so both are decoded together.
    """
    import tensorflow as tf

    whole = tokenizer.decode(tf.concat([ids, tf.RaggedTensor.from_tensor(new_ids)], axis=1))
    begins = tf.strings.length(tokenizer.decode(ids))
    return tf.strings.substr(whole, begins, tf.strings.length(whole) - begins)
