"""Write the goldens of the families that generate, GPT-2 and Marian, with PyTorch `transformers`.

Run from the root of the repository, with the extra `parity`: python -m tests.parity.make_decoder_goldens

Each folder is a Hugging Face folder plus `inputs.npz` and `expected.npz`.

- `gpt2/`: for each batch ("right", "left": where the padding is) `token_ids`, `padding_mask` and `positions`;
  `hidden_states` (num_layers, batch, length, d_model: without the last, whose norm is in the next),
  `sequence_output`, `logits`.
- `marian/`, with one table of embeddings and fewer blocks in the decoder, and `marian_separate/`, with two tables:
  `source_ids`, `source_padding_mask`, `target_ids`; `encoded`, `decoded` (the stacks' outputs), `logits`, and
  `context_attention_scores` (num_layers, batch, heads, query, key).
"""

import numpy as np
import torch
from transformers import GPT2Config, MarianConfig

from tests.parity.make_goldens import emptied, tiny_model

GPT2 = GPT2Config(
    vocab_size=60, n_embd=16, n_layer=2, n_head=2, n_inner=24, n_positions=24, bos_token_id=2, eos_token_id=2
)
MARIAN = {
    "vocab_size": 50,
    "d_model": 16,
    "encoder_layers": 2,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "max_position_embeddings": 24,
    "activation_function": "swish",
    "scale_embedding": True,
    "eos_token_id": 0,
    "forced_eos_token_id": 0,
}
PADDING_ID = 49  # the last id, as in the opus-mt models
SEPARATE = {"decoder_vocab_size": 40, "share_encoder_decoder_embeddings": False, "scale_embedding": False}
LENGTHS = np.array([[9], [6], [1]])


def main():
    write("gpt2", tiny_model("GPT2LMHeadModel", GPT2), gpt2_batches(), gpt2_outputs)
    write_marian("marian", PADDING_ID)
    write_marian("marian_separate", 39, **SEPARATE)


def write_marian(name, padding_id, **changes):
    config = MarianConfig(**{**MARIAN, **changes}, pad_token_id=padding_id, decoder_start_token_id=padding_id)
    model = tiny_model("MarianMTModel", config)
    model.final_logits_bias.normal_()
    write(name, model, {"padded": marian_batch(config)}, marian_outputs)


def write(name, model, batches, outputs):
    """Write a Hugging Face folder with its inputs and expected outputs."""
    folder = emptied(name)
    model.save_pretrained(folder)
    for file_name, of_kind in {
        "inputs": batches,
        "expected": {kind: outputs(model, batch) for kind, batch in batches.items()},
    }.items():
        arrays = {f"{kind}/{key}": np.asarray(array) for kind, of in of_kind.items() for key, array in of.items()}
        np.savez_compressed(folder / f"{file_name}.npz", **arrays)


def gpt2_batches():
    """Return one batch with padding after its rows and one with padding before them."""
    token_ids = np.random.default_rng(0).integers(3, GPT2.vocab_size, (3, 9)).astype("int32")
    position = np.arange(9)[None]
    right, left = position < LENGTHS, position >= 9 - LENGTHS
    return {
        "right": {"token_ids": token_ids, "padding_mask": right, "positions": position.astype("int32")},
        "left": {
            "token_ids": token_ids,
            "padding_mask": left,
            "positions": np.maximum(position - (9 - LENGTHS), 0).astype("int32"),
        },
    }


@torch.no_grad()
def gpt2_outputs(model, batch):
    output = model(
        input_ids=long(batch["token_ids"]),
        attention_mask=long(batch["padding_mask"]),
        position_ids=long(batch["positions"]),
        output_hidden_states=True,
    )
    *hidden_states, sequence_output = output.hidden_states
    return {
        "hidden_states": torch.stack(hidden_states),
        "sequence_output": sequence_output,
        "logits": output.logits,
    }


def marian_batch(config):
    """Return sources that end in padding, and targets that begin with the padding's id."""
    random = np.random.default_rng(0)
    mask = np.arange(9) < LENGTHS
    source_ids = np.where(mask, random.integers(1, config.vocab_size - 1, (3, 9)), config.pad_token_id)
    target_ids = random.integers(1, config.decoder_vocab_size - 1, (3, 7))
    target_ids[:, 0] = config.decoder_start_token_id
    return {
        "source_ids": source_ids.astype("int32"),
        "source_padding_mask": mask,
        "target_ids": target_ids.astype("int32"),
    }


@torch.no_grad()
def marian_outputs(model, batch):
    output = model(
        input_ids=long(batch["source_ids"]),
        attention_mask=long(batch["source_padding_mask"]),
        decoder_input_ids=long(batch["target_ids"]),
        output_attentions=True,
        output_hidden_states=True,
    )
    return {
        "encoded": output.encoder_last_hidden_state,
        "decoded": output.decoder_hidden_states[-1],
        "logits": output.logits,
        "context_attention_scores": torch.stack(output.cross_attentions),
    }


def long(array):
    return torch.tensor(np.asarray(array)).long()


if __name__ == "__main__":
    main()
