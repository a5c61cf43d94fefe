"""The pace of PyTorch `transformers` with per-batch padding: the training of `pytorch_text.py`, measured."""

from transformers import AutoTokenizer

from benchmarks.peers.machine import has_bf16
from benchmarks.peers.pace import Pace, report, worker_arguments
from benchmarks.peers.pytorch_text import Rows, Training
from benchmarks.peers.rows import minilm_folder, read_rows

EPOCHS = 3


def main():
    arguments = worker_arguments(__doc__)
    pace = Pace(arguments.seconds, arguments.warm_up)
    texts, labels = read_rows(arguments.train)
    names, bf16 = sorted(set(labels)), has_bf16()
    rows = Rows(texts, labels, names, AutoTokenizer.from_pretrained(minilm_folder()), max_length=128)
    training = Training(rows, names, epochs=EPOCHS, bf16=bf16, seed=arguments.seed)
    steps = (num_sentences for _epoch in range(EPOCHS) for num_sentences in training.steps())
    for num_sentences in steps:
        if pace.step(num_sentences):
            break
    report(pace.result(precision="bfloat16 autocast" if bf16 else "float32"))


if __name__ == "__main__":
    main()
