"""GPT-2: kernels are stored (in, out), and those of query, key and value side by side in one tensor."""

from kformer.checkpoints.families.activations import our_activation, their_activation
from kformer.checkpoints.families.family import Family, Head
from kformer.checkpoints.families.rows import AS_IT_IS, SIDE_BY_SIDE, norm, row

# Settings that change the formula, and the only value of each that the shared stack computes.
COMPUTED = {"scale_attn_weights": True, "scale_attn_by_inverse_layer_idx": False, "add_cross_attention": False}


def _convolution(theirs, *ours, form=AS_IT_IS):
    """A dense layer as they write it, a convolution of width 1: its (in, out) weight is our kernel."""
    return (
        row(f"{theirs}.weight", *(f"{name}/kernel" for name in ours), form=form),
        row(f"{theirs}.bias", *(f"{name}/bias" for name in ours), form=form),
    )


_ATTENTION = "stack/block_{i}/attention"
BACKBONE = (
    row("wte.weight", "token_embedding/embeddings"),
    row("wpe.weight", "position_embedding/embeddings"),
    *norm("h.{i}.ln_1", "stack/block_{i}/attention_residual/norm"),
    *_convolution(
        "h.{i}.attn.c_attn", *(f"{_ATTENTION}/{name}" for name in ("query", "key", "value")), form=SIDE_BY_SIDE
    ),
    *_convolution("h.{i}.attn.c_proj", f"{_ATTENTION}/output"),
    *norm("h.{i}.ln_2", "stack/block_{i}/feed_forward_residual/norm"),
    *_convolution("h.{i}.mlp.c_fc", "stack/block_{i}/feed_forward/hidden"),
    *_convolution("h.{i}.mlp.c_proj", "stack/block_{i}/feed_forward/output"),
    *norm("ln_f", "stack/final_norm"),
)


def _sizes(config):
    for name, value in COMPUTED.items():
        if config.get(name, value) != value:
            raise ValueError(
                f"The checkpoint has `{name}` {config[name]!r}, which changes the attention's formula: only "
                f"{value!r} can be loaded."
            )
    return {
        "vocab_size": config["vocab_size"],
        "num_layers": config["n_layer"],
        "d_model": config["n_embd"],
        "num_heads": config["n_head"],
        "d_ff": config.get("n_inner"),
        "max_length": config["n_positions"],
        # Theirs has a rate of its own for the embeddings; no published checkpoint has them differ.
        "dropout": config.get("resid_pdrop", 0.1),
        "attention_dropout": config.get("attn_pdrop", 0.1),
        "activation": our_activation(config.get("activation_function", "gelu_new")),
        "norm_epsilon": config.get("layer_norm_epsilon", 1e-5),
    }


def _config(sizes):
    return {
        "model_type": "gpt2",
        "vocab_size": sizes["vocab_size"],
        "n_layer": sizes["num_layers"],
        "n_embd": sizes["d_model"],
        "n_head": sizes["num_heads"],
        "n_inner": sizes["d_ff"],
        "n_positions": sizes["max_length"],
        "resid_pdrop": sizes["dropout"],
        "embd_pdrop": sizes["dropout"],
        "attn_pdrop": sizes["attention_dropout"],
        "activation_function": their_activation(sizes["activation"]),
        "layer_norm_epsilon": sizes["norm_epsilon"],
        **COMPUTED,
    }


GPT2 = Family(
    name="gpt2",
    prefix="transformer.",
    backbone=BACKBONE,
    heads={"lm": Head("GPT2LMHeadModel", aliases=(("lm_head.weight", "wte.weight"),))},
    bare=Head("GPT2Model"),
    sizes=_sizes,
    config=_config,
    # The causal mask, which old files store in every layer.
    ignored=(r"h\.\d+\.attn\.(bias|masked_bias)$",),
)
