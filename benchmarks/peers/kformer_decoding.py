"""Decoding with kformer: `Generator` for prompts, `BeamSearch` for translations."""

import json

import numpy as np

from benchmarks.peers.decoding import (
    END_ID,
    NUM_BEAMS,
    arguments_of,
    batches_of,
    make_prompts,
    measure,
    precisions_of,
    report,
)
from kformer.checkpoints import load_backbone
from kformer.generation import BeamSearch, Generator, traced
from kformer.tasks.decoding import CausalDecoder, TargetDecoder


def main():
    arguments = arguments_of(__doc__)
    results = {}
    for precision in precisions_of(arguments):
        dtype = {"float32": "float32", "bfloat16": "mixed_bfloat16"}[precision]
        model, _ = load_backbone(arguments.model, dtype=dtype)
        make = {"greedy": greedy, "translation": translation}[arguments.work]
        for batch_size in arguments.batch_sizes:
            results[f"{precision}, batch {batch_size}"] = measure(make(model, arguments, batch_size), arguments.seconds)
    report(results)


def greedy(model, arguments, batch_size):
    generator = Generator(CausalDecoder(model))
    prompts = make_prompts(batch_size, model.vocab_size)
    return lambda: generator(prompts, max_new_tokens=arguments.new_tokens)


def translation(model, arguments, batch_size):
    suppressed_ids = [] if arguments.free else [END_ID]
    search = BeamSearch(NUM_BEAMS, arguments.new_tokens, END_ID, suppressed_ids=suppressed_ids)
    batches = batches_of(json.loads(arguments.sentences.read_text()), batch_size)

    def translate(source_ids, start_ids):
        return search(TargetDecoder(model, source_ids), start_ids).token_ids[:, 0]

    graph = traced(translate, jit_compile=True)

    def answer():
        found = []
        for batch in batches:
            source_ids = padded(batch, model.padding_id)
            start_ids = np.full(len(batch), model.padding_id, "int32")
            found += until_end(graph(source_ids, start_ids).numpy())
        return found

    return answer


def padded(rows, padding_id):
    """(batch, width) int32, with a width of which there are few: each is compiled once."""
    width = -(-max(len(row) for row in rows) // 16) * 16
    return np.array([row + [padding_id] * (width - len(row)) for row in rows], "int32")


def until_end(rows):
    return [row[: np.argmax(np.append(row, END_ID) == END_ID)].tolist() for row in rows]


if __name__ == "__main__":
    main()
