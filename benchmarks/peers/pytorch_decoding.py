"""Decoding with PyTorch `transformers`, its cache and its settings as they come."""

import json
import os

import torch
from transformers import AutoModelForCausalLM, GenerationConfig, MarianMTModel

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


def main():
    arguments = arguments_of(__doc__)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    make, kind = {"greedy": (greedy, AutoModelForCausalLM), "translation": (translation, MarianMTModel)}[arguments.work]
    results = {}
    for precision in precisions_of(arguments):
        model = kind.from_pretrained(arguments.model, dtype=getattr(torch, precision)).eval()
        # What it generates is said in full below.
        model.generation_config = GenerationConfig()
        for batch_size in arguments.batch_sizes:
            results[f"{precision}, batch {batch_size}"] = measure(make(model, arguments, batch_size), arguments.seconds)
    report(results)


def greedy(model, arguments, batch_size):
    prompts = torch.tensor(make_prompts(batch_size, model.config.vocab_size))
    config = GenerationConfig(do_sample=False, max_new_tokens=arguments.new_tokens, pad_token_id=0)

    @torch.inference_mode()
    def answer():
        whole = model.generate(prompts, attention_mask=torch.ones_like(prompts), generation_config=config)
        return whole[:, prompts.shape[1] :].tolist()

    return answer


def translation(model, arguments, batch_size):
    padding_id = model.config.pad_token_id
    config = GenerationConfig(
        num_beams=NUM_BEAMS,
        do_sample=False,
        max_new_tokens=arguments.new_tokens,
        min_new_tokens=None if arguments.free else arguments.new_tokens,
        decoder_start_token_id=padding_id,
        pad_token_id=padding_id,
        eos_token_id=END_ID,
    )
    batches = batches_of(json.loads(arguments.sentences.read_text()), batch_size)

    @torch.inference_mode()
    def answer():
        found = []
        for batch in batches:
            width = max(len(row) for row in batch)
            source_ids = torch.tensor([row + [padding_id] * (width - len(row)) for row in batch])
            mask = (source_ids != padding_id).long()
            found += until_end(
                model.generate(source_ids, attention_mask=mask, generation_config=config)[:, 1:].tolist()
            )
        return found

    return answer


def until_end(rows):
    return [row[: row.index(END_ID)] if END_ID in row else row for row in rows]


if __name__ == "__main__":
    main()
