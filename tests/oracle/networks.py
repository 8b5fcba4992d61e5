# SPDX-License-Identifier: BSD-3-Clause
"""What the networks of the benchmarks compute at one point each, by ONNX Runtime in float32.

    python networks.py <folder of benchmarks> > networks.json

Element i of the input is (37 i mod 64) / 64, which floats hold.
"""
import glob
import gzip
import json
import os
import sys

import numpy as np
import onnx
import onnxruntime


def value(path):
    data = gzip.open(path).read() if path.endswith(".gz") else open(path, "rb").read()
    graph = onnx.load_from_string(data).graph
    constants = {tensor.name for tensor in graph.initializer}
    feed, first = {}, 0
    for tensor in graph.input:
        if tensor.name in constants:
            continue
        shape = [max(extent.dim_value, 1) for extent in tensor.type.tensor_type.shape.dim]
        count = int(np.prod(shape))
        numbers = (np.arange(first, first + count) * 37 % 64) / 64
        feed[tensor.name] = numbers.astype(np.float32).reshape(shape)
        first += count
    outputs = onnxruntime.InferenceSession(data).run(None, feed)
    return [float(f"{y:.8g}") for y in np.concatenate([np.ravel(one) for one in outputs])]


def main(root):
    values = {}
    for path in sorted(glob.glob(f"{root}/*/onnx/*.onnx*")):
        if "acasxu" not in path or "_1_1_" in path:
            values[os.path.relpath(path, root)] = value(path)
    lines = [f"  {json.dumps(name)}: {json.dumps(numbers)}" for name, numbers in values.items()]
    print("{\n" + ",\n".join(lines) + "\n}")


main(sys.argv[1])
