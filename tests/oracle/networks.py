# SPDX-License-Identifier: BSD-3-Clause
"""What the networks of the benchmarks compute at one point each, by ONNX Runtime: in doubles where it knows all of a
network's operators in doubles, else in floats.

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
from onnx import numpy_helper


def in_doubles(model):
    """Turns all floats of a model into doubles."""
    graph = model.graph

    def widened(tensor):
        return numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name)

    for tensor in graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            tensor.CopyFrom(widened(tensor))
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.t.data_type == onnx.TensorProto.FLOAT:
                attribute.t.CopyFrom(widened(attribute.t))
            if node.op_type == "Cast" and attribute.i == onnx.TensorProto.FLOAT:
                attribute.i = onnx.TensorProto.DOUBLE
    for value in [*graph.input, *graph.output, *graph.value_info]:
        if value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT:
            value.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE


def outputs(model, element):
    constants = {tensor.name for tensor in model.graph.initializer}
    feed, first = {}, 0
    for tensor in model.graph.input:
        if tensor.name in constants:
            continue
        shape = [max(extent.dim_value, 1) for extent in tensor.type.tensor_type.shape.dim]
        count = int(np.prod(shape))
        numbers = (np.arange(first, first + count) * 37 % 64) / 64
        feed[tensor.name] = numbers.astype(element).reshape(shape)
        first += count
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return np.concatenate([np.ravel(one) for one in session.run(None, feed)])


def value(path):
    data = gzip.open(path).read() if path.endswith(".gz") else open(path, "rb").read()
    model = onnx.load_from_string(data)
    floats = outputs(model, np.float32)
    try:
        in_doubles(model)
        numbers = outputs(model, np.float64)
    except Exception:  # an operator that it does not know in doubles
        numbers = floats
    return [float(f"{y:.10g}") for y in numbers]


def main(root):
    values = {}
    for path in sorted(glob.glob(f"{root}/*/onnx/*.onnx*")):
        if "acasxu" not in path or "_1_1_" in path:
            values[os.path.relpath(path, root)] = value(path)
    lines = [f"  {json.dumps(name)}: {json.dumps(numbers)}" for name, numbers in values.items()]
    print("{\n" + ",\n".join(lines) + "\n}")


main(sys.argv[1])
