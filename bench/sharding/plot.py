#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The table of shardbound_sharding_bench as a picture, with the standard library alone.

    bench/sharding/plot.py sharding.csv [more.csv ...] docs/figures/sharding.svg

Rows of later tables replace those of earlier ones.

Left: the most memory any rank holds of one network, weights and the rest, for every policy and number
of ranks. Right: how much faster two ranks are than one with all weights, network by network; runs while
others kept the machine busy are left out.
"""
import csv
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "support"))
from picture import INK, POLICIES, Axes, Picture, memory_chart  # noqa: E402

MEMORY_OF, SCALAR = "4096x6", "float32"
BUSY = 2.2  # load average; two ranks alone make at most 2


def memory(picture, rows):
    at = {(r["policy"], int(r["ranks"])): (int(r["weights_at_rest"]), int(r["peak"]))
          for r in rows if r["network"] == MEMORY_OF and r["scalar"] == SCALAR}
    memory_chart(picture, f"MLP {MEMORY_OF}, {SCALAR}", at)


def speed(picture, rows):
    rows = [r for r in rows if r["scalar"] == SCALAR and r["done"] == "run" and r["ranks"] == "2"
            and r["oversubscribed"] == "no" and float(r["load"]) <= BUSY and not r["network"].startswith("mnist")
            and int(r["network"].split("x")[0]) >= 1024]
    networks = list(dict.fromkeys(r["network"] for r in rows))
    picture.text(590, 26, "Times as fast on 2 ranks as on 1", 15, "start", "bold")
    picture.text(590, 45, f"crown, {SCALAR}, one thread a rank, 2 cores", 12, "start")
    if not networks:
        return
    axes = Axes(picture, 590, 980, 2.2, [0, 0.5, 1, 1.5, 2], networks, "{:.1f}")
    at = {(r["policy"], r["network"]): r for r in rows}
    for i, network in enumerate(networks):
        for b, (policy, (dark, _)) in enumerate(POLICIES.items()):
            row = at.get((policy, network))
            if row:
                faster = float(row["faster"])
                axes.bar(i, b, len(POLICIES), [(faster, dark)],
                         f"{network}, {policy}: {faster:.2f}, {row['seconds']} s",
                         f"{faster:.2f}")
    picture.line([(590, axes.at(1)), (980, axes.at(1))], INK, "2 3")


def main(tables, figure):
    known = {}
    for table in tables:
        with open(table, newline="", encoding="utf-8") as file:
            for r in csv.DictReader(file):
                known[r["network"], r["scalar"], r["policy"], r["ranks"]] = r
    rows = list(known.values())
    wrong = [r for r in rows if "DIFFERS" in r["verdict"]]
    if wrong:
        sys.exit(f"{len(wrong)} rows differ from the reference: no picture of those")
    picture = Picture()
    memory(picture, rows)
    speed(picture, rows)
    picture.legend(300)
    picture.write(figure)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1:-1], sys.argv[-1])
