"""Marian, the family of the opus-mt translation models: an encoder and a decoder."""

from kformer.checkpoints.families.activations import our_activation, their_activation
from kformer.checkpoints.families.family import Family, Head
from kformer.checkpoints.families.rows import ONE_ROW, dense, norm, row
from kformer.layers.embeddings import sinusoids

NORM_EPSILON = 1e-5
END_ID = 0  # of </s> in every Marian vocabulary


def _attention(theirs, ours):
    return (
        *dense(f"{theirs}.q_proj", f"{ours}/query"),
        *dense(f"{theirs}.k_proj", f"{ours}/key"),
        *dense(f"{theirs}.v_proj", f"{ours}/value"),
        *dense(f"{theirs}.out_proj", f"{ours}/output"),
    )


def _block(side):
    """The rows of one block of the encoder or the decoder, without its cross-attention."""
    theirs, ours = f"{side}.layers.{{i}}", f"{side}/block_{{i}}"
    return (
        *_attention(f"{theirs}.self_attn", f"{ours}/attention"),
        *norm(f"{theirs}.self_attn_layer_norm", f"{ours}/attention_residual/norm"),
        *dense(f"{theirs}.fc1", f"{ours}/feed_forward/hidden"),
        *dense(f"{theirs}.fc2", f"{ours}/feed_forward/output"),
        *norm(f"{theirs}.final_layer_norm", f"{ours}/feed_forward_residual/norm"),
    )


BACKBONE = (
    # A model has the first, or the two others.
    row("shared.weight", "shared_embedding/embeddings"),
    row("encoder.embed_tokens.weight", "source_embedding/embeddings"),
    row("decoder.embed_tokens.weight", "target_embedding/embeddings"),
    *_block("encoder"),
    *_block("decoder"),
    *_attention("decoder.layers.{i}.encoder_attn", "decoder/block_{i}/context_attention"),
    *norm("decoder.layers.{i}.encoder_attn_layer_norm", "decoder/block_{i}/context_residual/norm"),
)
TRANSLATION = Head(
    "MarianMTModel",
    (row("final_logits_bias", "final_logits_bias", form=ONE_ROW),),
    aliases=(
        ("encoder.embed_tokens.weight", "shared.weight"),
        ("decoder.embed_tokens.weight", "shared.weight"),
        ("lm_head.weight", "shared.weight"),
        ("lm_head.weight", "decoder.embed_tokens.weight"),
    ),
)


def _sizes(config):
    for name in ("ffn_dim", "attention_heads"):
        encoder, decoder = config[f"encoder_{name}"], config[f"decoder_{name}"]
        if encoder != decoder:
            raise ValueError(
                f"The checkpoint has `encoder_{name}` {encoder} and `decoder_{name}` {decoder}: only one value for "
                "both can be loaded."
            )
    padding_id = config["pad_token_id"]
    start_id = config.get("decoder_start_token_id", padding_id)
    if start_id != padding_id:
        raise ValueError(
            f"The checkpoint has `decoder_start_token_id` {start_id} and `pad_token_id` {padding_id}: only models "
            "whose targets begin with the padding's id can be loaded."
        )
    return {
        "num_layers": config["encoder_layers"],
        "num_decoder_layers": config["decoder_layers"],
        "d_model": config["d_model"],
        "num_heads": config["encoder_attention_heads"],
        "d_ff": config["encoder_ffn_dim"],
        "input_vocab_size": config["vocab_size"],
        "target_vocab_size": config.get("decoder_vocab_size") or config["vocab_size"],
        "padding_id": padding_id,
        "dropout": config.get("dropout", 0.1),
        "attention_dropout": config.get("attention_dropout", 0.0),
        "tie_embeddings": "all" if config.get("share_encoder_decoder_embeddings", True) else "output",
        "activation": our_activation(config.get("activation_function", "gelu")),
        "norm_epsilon": NORM_EPSILON,
        "max_length": config["max_position_embeddings"],
        "scale_embedding": config.get("scale_embedding", False),
    }


def _config(sizes):
    if sizes["norm_epsilon"] != NORM_EPSILON:
        raise ValueError(
            f"Marian's files have no `norm_epsilon`, it is always {NORM_EPSILON:g}. Received: "
            f"norm_epsilon={sizes['norm_epsilon']:g}."
        )
    return {
        "model_type": "marian",
        "is_encoder_decoder": True,
        "d_model": sizes["d_model"],
        "encoder_layers": sizes["num_layers"],
        "decoder_layers": sizes["num_decoder_layers"],
        "encoder_attention_heads": sizes["num_heads"],
        "decoder_attention_heads": sizes["num_heads"],
        "encoder_ffn_dim": sizes["d_ff"],
        "decoder_ffn_dim": sizes["d_ff"],
        "vocab_size": sizes["input_vocab_size"],
        "decoder_vocab_size": sizes["target_vocab_size"],
        "max_position_embeddings": sizes["max_length"],
        "activation_function": their_activation(sizes["activation"]),
        "dropout": sizes["dropout"],
        "attention_dropout": sizes["attention_dropout"],
        "activation_dropout": 0.0,
        "scale_embedding": sizes["scale_embedding"],
        "share_encoder_decoder_embeddings": sizes["tie_embeddings"] == "all",
        "tie_word_embeddings": True,
        "static_position_embeddings": True,
        "pad_token_id": sizes["padding_id"],
        "decoder_start_token_id": sizes["padding_id"],
        "eos_token_id": END_ID,
        "forced_eos_token_id": END_ID,
    }


def _sinusoids(sizes):
    return sinusoids(sizes["max_length"], sizes["d_model"], interleaved=False)


MARIAN = Family(
    name="marian",
    prefix="model.",
    backbone=BACKBONE,
    heads={"translation": TRANSLATION},
    bare=Head("MarianModel"),
    sizes=_sizes,
    config=_config,
    fixed={f"{side}.embed_positions.weight": _sinusoids for side in ("encoder", "decoder")},
)
