#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The table of shardbound_device_multi_gpu as a picture, with the standard library alone.

    bench/device/plot.py multi_gpu.csv multi_gpu.svg

Ranks are threads of one process. Left: the most memory any GPU holds. Right: how much faster P GPUs are
than one.
"""
import csv
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "support"))
from picture import INK, POLICIES, Axes, Picture, memory_chart  # noqa: E402

NETWORK, ARITHMETIC = "8192x6", "float32"


def speed(picture, rows):
    ranks = sorted({int(r["ranks"]) for r in rows})
    picture.text(590, 26, "Times as fast on P GPUs as on one", 15, "start", "bold")
    picture.text(590, 45, f"crown, MLP {NETWORK}, {ARITHMETIC}", 12, "start")
    axes = Axes(picture, 590, 980, 1.12 * max(ranks), [0, *ranks],
                [f"P = {p}" for p in ranks])
    at = {(r["policy"], int(r["ranks"])): r for r in rows}
    for i, p in enumerate(ranks):
        for b, (policy, (dark, _)) in enumerate(POLICIES.items()):
            row = at[policy, p]
            faster = float(row["times_faster"])
            axes.bar(i, b, len(POLICIES), [(faster, dark)],
                     f"{policy}, P = {p}: {faster:.2f}, {row['seconds']} s", f"{faster:.2f}")
    picture.line([(590, axes.at(1)), (980, axes.at(1))], INK, "2 3")


def main(table, figure):
    with open(table, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wrong = [r for r in rows if "DIFFERS" in r["verdict"]]
    if wrong:
        sys.exit(f"{len(wrong)} rows differ: no picture of those")
    rows = [r for r in rows if r["launch"] == "threads" and r["network"] == NETWORK
            and r["arithmetic"] == ARITHMETIC]
    if not rows:
        sys.exit(f"{table} has no rows of {NETWORK} in {ARITHMETIC}")
    picture = Picture()
    memory_chart(picture, f"MLP {NETWORK}, {ARITHMETIC}",
                 {(r["policy"], int(r["ranks"])): (int(r["weights_bytes"]), int(r["peak_bytes"]))
                  for r in rows})
    speed(picture, rows)
    picture.legend(300)
    picture.write(figure)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
