#!/usr/bin/env python3
"""Creates the Parquet files of the trainer's tests: 5 documents, in four compressions.

    venv/bin/pip install pyarrow && venv/bin/python make_parquet.py ../../trainer/src/test/resources/parquet
"""

import pathlib
import sys

import pyarrow
import pyarrow.parquet

table = pyarrow.table(
    {
        "id": list(range(5)),
        "text": [f"document {i}: naïve Σ " + "word " * (20 * i) for i in range(5)],
        "url": ["a", None, "c", "d", "e"],
    }
)
for codec in ("none", "snappy", "zstd", "gzip"):
    pyarrow.parquet.write_table(
        table, pathlib.Path(sys.argv[1]) / f"{codec}.parquet", compression=codec, row_group_size=2
    )
