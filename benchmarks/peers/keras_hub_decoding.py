"""Greedy decoding with KerasHub's GPT2CausalLM, compiled as it compiles itself. Its weights are its own random ones."""

import json

import keras_hub
import numpy as np

from benchmarks.peers.decoding import (
    PROMPT_LENGTH,
    arguments_of,
    make_prompts,
    measure,
    precisions_of,
    report,
)


def main():
    arguments = arguments_of(__doc__)
    config = json.loads((arguments.model / "config.json").read_text())
    results = {}
    for precision in precisions_of(arguments):
        dtype = {"float32": "float32", "bfloat16": "mixed_bfloat16"}[precision]
        backbone = keras_hub.models.GPT2Backbone(
            vocabulary_size=config["vocab_size"],
            num_layers=config["n_layer"],
            num_heads=config["n_head"],
            hidden_dim=config["n_embd"],
            intermediate_dim=4 * config["n_embd"],
            max_sequence_length=config["n_positions"],
            dtype=dtype,
        )
        for batch_size in arguments.batch_sizes:
            answer = greedy(backbone, arguments, batch_size)
            results[f"{precision}, batch {batch_size}"] = measure(answer, arguments.seconds)
    report(results)


def greedy(backbone, arguments, batch_size):
    model = keras_hub.models.GPT2CausalLM(backbone, preprocessor=None)
    model.compile(sampler="greedy")
    length = PROMPT_LENGTH + arguments.new_tokens
    token_ids = np.zeros((batch_size, length), "int32")
    token_ids[:, :PROMPT_LENGTH] = make_prompts(batch_size, backbone.vocabulary_size)
    inputs = {"token_ids": token_ids, "padding_mask": np.arange(length) < np.full((batch_size, 1), PROMPT_LENGTH)}

    def answer():
        return np.asarray(model.generate(inputs, stop_token_ids=None)["token_ids"])[:, PROMPT_LENGTH:].tolist()

    return answer


if __name__ == "__main__":
    main()
