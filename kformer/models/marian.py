"""Marian: the encoder-decoder Transformer of the opus-mt translation models."""

import keras

from kformer.layers import SinusoidalPositionEmbedding, TokenEmbedding
from kformer.models.transformer import TransformerModel


@keras.saving.register_keras_serializable("kformer")
class MarianModel(TransformerModel):
    """`TransformerModel` with Marian's settings: sines before cosines, tied embeddings, a bias per target id.

    Padding has an id of its own, `padding_id`, which is also what a target begins with.

    Papers: Junczys-Dowmunt et al., "Marian: Fast Neural Machine Translation in C++", arXiv 1804.00344; Tiedemann and
    Thottingal, "OPUS-MT", EAMT 2020.

    Args:
        num_layers, d_model, num_heads, d_ff, input_vocab_size, target_vocab_size, num_decoder_layers, activation,
            norm_epsilon, max_length: see `TransformerModel`.
        padding_id: int, the id of padding and of the start of a target.
        dropout, attention_dropout: floats, rates on sublayers and embeddings, and on the attention weights.
        tie_embeddings: str, "all", one table is source and target embedding and output layer; or "output", the target
            embedding is also the output layer.
        scale_embedding: bool, multiply embeddings by sqrt(d_model).

    Call arguments, returns: as of `TransformerModel`; without `source_padding_mask`, `source_ids != padding_id`.
    """

    starts_with_padding = True

    def __init__(
        self,
        num_layers,
        d_model,
        num_heads,
        d_ff,
        input_vocab_size,
        target_vocab_size,
        padding_id,
        dropout=0.1,
        attention_dropout=0.0,
        num_decoder_layers=None,
        tie_embeddings="all",
        activation="silu",
        norm_epsilon=1e-5,
        max_length=512,
        scale_embedding=True,
        **kwargs,
    ):
        if tie_embeddings == "none":
            raise ValueError(
                "`tie_embeddings` must be all or output in a Marian model, whose output layer is its target table. "
                "Received: tie_embeddings='none'."
            )
        # The parent's constructor builds the parts that read these.
        self.padding_id = padding_id
        self.scale_embedding = scale_embedding
        super().__init__(
            num_layers,
            d_model,
            num_heads,
            d_ff,
            input_vocab_size,
            target_vocab_size,
            rate=dropout,
            num_decoder_layers=num_decoder_layers,
            attention_rate=attention_dropout,
            tie_embeddings=tie_embeddings,
            activation=activation,
            norm_epsilon=norm_epsilon,
            max_length=max_length,
            **kwargs,
        )

    def _make_embedding(self, vocab_size, name):
        name = "shared_embedding" if self.tie_embeddings == "all" else name
        return TokenEmbedding(vocab_size, self.d_model, scale=self.scale_embedding, dtype=self.dtype_policy, name=name)

    def _make_positions(self, dtype):
        self.position_projection = None
        self.position_embedding = SinusoidalPositionEmbedding(
            self.max_length, self.d_model, interleaved=False, dtype=dtype, name="position_embedding"
        )

    def build(self, input_shape=None):
        if self.built:
            return
        # Logits are float32 in every precision, and so is what is added to them.
        self.final_logits_bias = self.add_weight(
            name="final_logits_bias", shape=(self.target_vocab_size,), initializer="zeros", autocast=False
        )
        super().build(input_shape)

    def logits(self, x):
        """Logits (batch, length, target_vocab_size) of the decoder's sequence output, float32."""
        return super().logits(x) + self.final_logits_bias

    @staticmethod
    def count_parameters(target_vocab_size, tie_embeddings="all", **sizes):
        """The number of trainable parameters that these sizes give, without building the model."""
        return target_vocab_size + TransformerModel.count_parameters(
            target_vocab_size=target_vocab_size, tie_embeddings=tie_embeddings, **sizes
        )

    def get_config(self):
        config = super().get_config()
        config["dropout"], config["attention_dropout"] = config.pop("rate"), config.pop("attention_rate")
        others = {name: value for name, value in config.items() if name not in ("pos_embedding_dim", "norm_first")}
        return {**others, "padding_id": self.padding_id, "scale_embedding": self.scale_embedding}
