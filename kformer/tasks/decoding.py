"""Models as `generation` asks for them: a step over cached keys and values."""

from keras import ops


class CausalDecoder:
    """A model that reads from left to right, such as `GPT2Backbone`; see `generation.Decoder`.

    Args:
        backbone: `GPT2Backbone`, or another with its call, `stack` and `logits`.
    """

    def __init__(self, backbone):
        self.backbone = backbone
        self.vocab_size = backbone.vocab_size
        self.max_length = backbone.max_length

    def empty_caches(self, batch_size, length):
        return self.backbone.stack.empty_caches(batch_size, length)

    def step(self, token_ids, positions, attention_mask, caches, cache_index):
        inputs = {"token_ids": token_ids, "positions": positions, "attention_mask": attention_mask}
        outputs = self.backbone(inputs, caches=caches, cache_index=cache_index)
        return outputs["sequence_output"], outputs["caches"]

    def prepare(self):
        return self.backbone.token_embedding.kernels()

    def logits(self, vectors, prepared):
        return self.backbone.logits(vectors, prepared)


class TargetDecoder:
    """The decoder of an encoder-decoder for given sources, which it reads at once; see `generation.Decoder`.

    Args:
        model: `TransformerModel`, or another with its `encode`, `decode`, `decoder` and `logits`.
        source_ids: (batch, source_length) int32.
        source_padding_mask: (batch, source_length), True at real positions; where ids are not the model's padding id
            when None.
    """

    def __init__(self, model, source_ids, source_padding_mask=None):
        if source_padding_mask is None:
            source_padding_mask = ops.not_equal(source_ids, model.padding_id)
        self.model = model
        self.vocab_size = model.target_vocab_size
        self.max_length = model.max_length
        self.source_padding_mask = source_padding_mask
        encoded = model.encode(source_ids, source_padding_mask)["sequence_output"]
        self.context_keys_values = model.decoder.context_keys_values(encoded)

    def empty_caches(self, batch_size, length):
        return self.model.decoder.empty_caches(batch_size, length)

    def step(self, token_ids, positions, attention_mask, caches, cache_index):
        outputs = self.model.decode(
            token_ids,
            None,
            self.source_padding_mask,
            positions=positions,
            attention_mask=attention_mask,
            context_keys_values=self.context_keys_values,
            caches=caches,
            cache_index=cache_index,
        )
        return outputs["sequence_output"], outputs["caches"]

    def prepare(self):
        return ()  # many beams at a time: turning the table around is a small part of their product

    def logits(self, vectors, prepared):
        return self.model.logits(vectors)


def alignments(model, source_ids, target_ids, source_padding_mask=None):
    """How much each target token drew from each source token: cross-attention, the mean over layers and heads.

    Args:
        model, source_ids, source_padding_mask: as in `TargetDecoder`.
        target_ids: (batch, target_length) int32, what the decoder reads, beginning with the start token. Row t of the
            result belongs to the token that follows position t.

    Returns:
        (batch, target_length, source_length) float32; rows sum to 1.
    """
    if source_padding_mask is None:
        source_padding_mask = ops.not_equal(source_ids, model.padding_id)
    encoded = model.encode(source_ids, source_padding_mask)["sequence_output"]
    outputs = model.decode(target_ids, encoded, source_padding_mask, return_attention_scores=True)
    scores = ops.stack(outputs["context_attention_scores"])
    return ops.cast(ops.mean(scores, axis=(0, 2)), "float32")
