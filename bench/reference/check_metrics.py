#!/usr/bin/env python3
"""Compares a stage's event files, read by TensorBoard, and its table, read by pyarrow, with metrics.jsonl.

    check_metrics.py STAGE_FOLDER: exits with 1 if they differ

TensorBoard checks the records' checksums.
"""

import json
import sys

import pyarrow
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def main(folder):
    with open(f"{folder}/metrics.jsonl") as file:
        lines = [json.loads(line) for line in file]
    expected = {line["step"]: line["loss"] for line in lines if "loss" in line}

    events = EventAccumulator(folder, size_guidance={"scalars": 0})
    events.Reload()
    scalars = {event.step: event.value for event in events.Scalars("loss/training")}
    table = pyarrow.ipc.open_file(f"{folder}/metrics.arrow").read_all().to_pydict()
    rows = {step: loss for step, loss in zip(table["step"], table["loss"]) if loss is not None}

    # TensorBoard stores 32-bit floats.
    same = scalars.keys() == expected.keys() and all(abs(scalars[s] - expected[s]) < 1e-6 * abs(expected[s]) for s in expected)
    print(f"{folder}: {len(expected)} steps; {len(events.Tags()['scalars'])} TensorBoard scalars; {len(table)} columns")
    sys.exit(not same or rows != expected)


if __name__ == "__main__":
    main(*sys.argv[1:])
