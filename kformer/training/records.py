"""What a run leaves behind: model, metrics, history, recipe, environment, report."""

import contextlib
import csv
import dataclasses
import datetime
import io
import json
import shlex
import sys
from pathlib import Path

from kformer.data import profile
from kformer.evaluation import ReportData, render_report
from kformer.exporting.hugging_face import hf_obstacle
from kformer.runs import atomic_path, environment


def tell(line):
    """Shows a line of progress."""
    print(line, file=sys.stdout, flush=True)


def write_records(folder, task, train, judged, metrics, history, recipe, data_report, interrupted=False):
    """Fills a run's folder and finishes it.

    Args:
        folder: `kformer.runs.RunFolder`.
        task: the trained task.
        train: `kformer.data.Examples`, those it was trained on.
        judged: `kformer.evaluation.Judged` of the validation examples.
        metrics: dict, as in metrics.json.
        history: list of dicts, one per epoch.
        recipe: `Recipe`.
        data_report: dict, what is known of the data beside its profile.
        interrupted: bool, whether the training was ended before its last epoch; environment.json tells after which.
    """
    read = task.data_report(train)
    data = {
        "train": profile(train, read.get("token_lengths")),
        "validation": profile(judged.examples),
        **read,
        **data_report,
    }
    about = environment(
        task=type(task).__name__,
        seed=recipe.seed,
        precision=task.backbone.dtype_policy.name,
        xla=bool(task.jit_compile),
        data={"train": train.fingerprint, "validation": judged.examples.fingerprint},
        interrupted_after_epoch=len(history) if interrupted else None,
    )
    report = ReportData(
        title=folder.name,
        task=task.title,
        metrics=metrics,
        history=history,
        data=data,
        recipe=dataclasses.asdict(recipe),
        environment=about,
        commands=next_commands(task, folder.destination),
        **judged.report_parts(),
        created=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
    )
    with atomic_path(folder.file("model.keras")) as temporary, uncompiled(task):
        task.save(temporary)
    folder.write_json("environment.json", about)
    folder.write_json("metrics.json", metrics)
    folder.write_text("recipe.yaml", recipe.to_yaml())
    folder.write_text("history.csv", _csv(history))
    folder.write_text("rejected.jsonl", _rejected(train, judged.examples))
    folder.write_text("report.html", render_report(report))


def next_commands(task, folder):
    """Lines to try after a task's run, from the present folder on.

    Args:
        task: the trained task.
        folder: path of the run.
    """
    path = Path(folder).absolute()
    run = shlex.quote(str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path))
    return [
        f"kformer {task.example_command.format(run=run)}",
        f"kformer evaluate {run} --data FILE",
        *([] if hf_obstacle(task) else [f"kformer export {run} --to hf"]),
        f"tensorboard --logdir {run}/tensorboard",
    ]


@contextlib.contextmanager
def uncompiled(task):
    """The task without its optimizer, whose two moments per weight would make the file three times as large."""
    optimizer, task.optimizer = task.optimizer, None
    compiled, task.compiled = task.compiled, False
    try:
        yield task
    finally:
        task.optimizer, task.compiled = optimizer, compiled


def _csv(history):
    names = list(dict.fromkeys(name for row in history for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    return text.getvalue()


def _rejected(*parts):
    rows = (rejection for part in parts for rejection in part.rejected)
    return "".join(json.dumps(dataclasses.asdict(row), ensure_ascii=False) + "\n" for row in rows)
