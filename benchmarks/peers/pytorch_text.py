"""Fine-tune MiniLM with PyTorch `transformers`: the accuracy and the speed that kformer is compared with.

python -m benchmarks.peers.pytorch_text --train train.tsv --validation validation.tsv --epochs 3 --seed 1
"""

import argparse
import json
import random
import time

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, get_linear_schedule_with_warmup

from benchmarks.peers.machine import has_bf16
from benchmarks.peers.rows import minilm_folder, read_rows


class Rows:
    """Tokenised rows, served in batches that are padded to their own longest row."""

    def __init__(self, texts, labels, label_names, tokenizer, max_length):
        self.token_ids = tokenizer(list(texts), truncation=True, max_length=max_length, padding=False)["input_ids"]
        self.targets = [label_names.index(label) for label in labels]
        self.tokenizer = tokenizer

    def __len__(self):
        return len(self.targets)

    def batches(self, batch_size, order):
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            padded = self.tokenizer.pad({"input_ids": [self.token_ids[i] for i in chosen]}, return_tensors="pt")
            yield padded, torch.tensor([self.targets[i] for i in chosen])


class Training:
    """One fine-tuning: the model, AdamW without decay on biases and norms, warm-up then linear decay, clip at 1."""

    def __init__(self, rows, label_names, *, epochs, batch_size=32, learning_rate=5e-5, bf16=False, seed=0):
        torch.manual_seed(seed)
        self.random = random.Random(seed)
        self.rows, self.batch_size, self.bf16 = rows, batch_size, bf16
        self.model = AutoModelForSequenceClassification.from_pretrained(minilm_folder(), num_labels=len(label_names))
        self.optimizer = torch.optim.AdamW(self._parameter_groups(), lr=learning_rate, fused=True)
        num_steps = epochs * -(-len(rows) // batch_size)
        self.schedule = get_linear_schedule_with_warmup(self.optimizer, num_steps // 10, num_steps)

    def _parameter_groups(self):
        # Biases and LayerNorm weights are exactly the vectors among the parameters.
        matrices = [p for p in self.model.parameters() if p.ndim > 1]
        vectors = [p for p in self.model.parameters() if p.ndim <= 1]
        return [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]

    def _forward(self, inputs, targets=None):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            return self.model(**inputs, labels=targets)

    def steps(self):
        """Train one epoch; yields the number of sentences after each step."""
        self.model.train()
        order = self.random.sample(range(len(self.rows)), len(self.rows))
        for inputs, targets in self.rows.batches(self.batch_size, order):
            loss = self._forward(inputs, targets).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.schedule.step()
            self.optimizer.zero_grad()
            yield len(targets)

    @torch.no_grad()
    def accuracy(self, rows):
        self.model.eval()
        right = 0
        for inputs, targets in rows.batches(self.batch_size, range(len(rows))):
            right += (self._forward(inputs).logits.argmax(-1) == targets).sum().item()
        return right / len(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True, help="csv or tsv: text first, label last")
    parser.add_argument("--validation", required=True)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--bf16", choices=("auto", "on", "off"), default="auto")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    tokenizer = AutoTokenizer.from_pretrained(minilm_folder())
    texts, labels = read_rows(arguments.train)
    label_names = sorted(set(labels))
    train = Rows(texts, labels, label_names, tokenizer, arguments.max_length)
    validation = Rows(*read_rows(arguments.validation), label_names, tokenizer, arguments.max_length)
    bf16 = has_bf16() if arguments.bf16 == "auto" else arguments.bf16 == "on"
    training = Training(train, label_names, epochs=arguments.epochs, bf16=bf16, seed=arguments.seed)

    accuracies, seconds = [], 0.0
    for _epoch in range(arguments.epochs):
        start = time.perf_counter()
        num_sentences = sum(training.steps())
        seconds += time.perf_counter() - start
        accuracies.append(round(training.accuracy(validation), 4))
    result = {
        "seed": arguments.seed,
        "bf16": bf16,
        "accuracy": accuracies,
        "training_seconds": round(seconds, 1),
        "sentences_per_second": round(arguments.epochs * num_sentences / seconds, 1),
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
