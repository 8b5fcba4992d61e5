#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How bounds grow while slopes are optimised, with the standard library alone.

    shardbound bounds --onnx F.onnx --vnnlib F.vnnlib.gz --method alpha-crown --patience 0 --json F.json
    bench/support/slopes_plot.py slopes.svg "TITLE=F.json=ORACLE.json.gz" ["TITLE=F.json=ORACLE.json.gz"...]

One line of the picture for each network, of its first box: the mean lower bound of the property's rows against the
evaluations, and against seconds since the optimisation began. Dashed: the reference's means, of CROWN and of its own 20
evaluations; it says nothing of how they grew, nor how long it took on this machine.
"""
import gzip
import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parent))
from picture import RED, POLICIES, Picture, Plane  # noqa: E402

HEIGHT, OURS, THEIR_CROWN = 330, POLICIES["fully-sharded"][0], POLICIES["replicated"][0]


def mean(numbers):
    return sum(numbers) / len(numbers)


def read(argument):
    title, found, oracle = argument.split("=")
    with open(found, encoding="utf-8") as file:
        report = json.load(file)
    with gzip.open(oracle, "rt", encoding="utf-8") as file:
        theirs = json.load(file)["boxes"][0]
    box = report["boxes"][0]
    if len(box["spec"]["lower"]) != len(theirs["spec_rows"]["C"]):
        sys.exit(f"{found} and {oracle} are about different rows")
    way = next(t for t in box["trajectories"] if t["rows"] == "spec")
    return title, report, way, {name: mean(theirs[name]["spec"]["lower"])
                                for name in ("crown_reference_default", "alpha_crown")}


def panel(picture, left, right, top, across, values, theirs, axis, marks=()):
    crown, alpha = theirs["crown_reference_default"], theirs["alpha_crown"]
    least, most = min(*values, crown, alpha), max(*values, crown, alpha)
    room = 0.1 * (most - least)
    plane = Plane(picture, left, right, top + 56, top + HEIGHT - 56, (0, 1.03 * across[-1]),
                  (least - room, most + room))
    plane.level(crown, THEIR_CROWN, f"reference, CROWN: {crown:.6g}", "end")
    plane.level(alpha, RED, f"reference, 20 evaluations: {alpha:.6g}")
    plane.curve(list(zip(across, values)), OURS,
                [f"evaluation {i + 1}: {value:.8g}" for i, value in enumerate(values)])
    for at in marks:  # where the reference stopped
        picture.dot(plane.x(at), plane.y(alpha), 5, RED, f"reference, alpha-CROWN: {alpha:.8g}")
    picture.text((left + right) / 2, top + HEIGHT - 20, axis, 12)


def main(figure, *arguments):
    picture = Picture(HEIGHT * len(arguments))
    for line, argument in enumerate(arguments):
        title, report, way, theirs = read(argument)
        top = HEIGHT * line
        picture.text(70, top + 24, title, 15, "start", "bold")
        device = "" if report["device"] == "cpu" else f" on {report['device_name']}"
        picture.text(70, top + 43, f"mean lower bound of the property's rows; alpha-CROWN, "
                     f"{report['scalar']}{device}: {way['mean'][-1]:.6g} in the end", 12, "start")
        panel(picture, 70, 500, top, list(range(1, len(way["mean"]) + 1)), way["mean"], theirs,
              "evaluations", [20])
        panel(picture, 580, 985, top, way["seconds"], way["mean"], theirs, "seconds")
    picture.write(figure)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
