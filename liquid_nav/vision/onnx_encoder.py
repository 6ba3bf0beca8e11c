"""The backbone encoder in onnxruntime: the same numbers in a third of the time, on one core.

The graph is made in memory from the encoder's weights: a model folder needs no second copy, and no
ONNX file from elsewhere is ever run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from liquid_nav.vision.backbone import BackboneEncoder, Block, SameConv
from liquid_nav.vision.map_head import PADDING, Look
from liquid_nav.vision.points import CLEARLY, Points

OPSET = 17
"""Of the operators; every onnxruntime since 1.12 has them."""
IR_VERSION = 8
"""Of the file format, as old as the operators."""
IMAGE = "image"
"""Input of an encoder, uint8 [1,H,W,3] RGB."""
FEATURES = "features"
"""Output of an encoder, float32 [1,F]."""
PIXELS = "pixels"
"""Input of a front, float32 [N,H,W,3], normalised."""


class OnnxEncoder:
    """Encodes one image after the other, on one thread."""

    def __init__(self, encoder: BackboneEncoder) -> None:
        """Compile the encoder with its present weights; later changes of them have no effect."""
        self._session = _session(encoder_graph(encoder), threads=1)

    def __call__(self, images: Tensor) -> Tensor:
        """Encode uint8 [1,H,W,3] (RGB) into float32 [1,F]."""
        (features,) = self._session.run([FEATURES], {IMAGE: images.numpy()})
        return torch.from_numpy(features)


class OnnxFront:
    """Computes the maps that a head takes, which training stores, for many images at once."""

    def __init__(self, encoder: BackboneEncoder, threads: int = 1) -> None:
        """Compile the front of ``encoder``, which may use ``threads`` threads."""
        self._session = _session(front_graph(encoder), threads)
        self._names = [output.name for output in self._session.get_outputs()]

    def __call__(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Return the maps, float32 [N,C,h,w] each, of normalised pixels, float32 [N,H,W,3]."""
        maps = self._session.run(self._names, {PIXELS: pixels.numpy()})
        return tuple(torch.from_numpy(one) for one in maps)


def encoder_graph(encoder: BackboneEncoder) -> onnx.ModelProto:
    """Return the ONNX model of an encoder in evaluation mode: uint8 image in, features out."""
    graph = _Graph()
    config = encoder.config
    # Planes first: three numbers along the last axis are broadcast twenty times as slowly.
    pixels = graph.add("Cast", _planes(graph, IMAGE), to=TensorProto.FLOAT)
    mean = graph.constant(255.0 * encoder.mean.numpy()[:, None, None])
    spread = graph.constant(1.0 / (255.0 * encoder.deviation.numpy()[:, None, None]))
    normal = graph.add("Mul", graph.add("Sub", pixels, mean), spread)
    taken = _front(graph, encoder, normal)
    seen = [_look(graph, look, one) for look, one in zip(encoder.head.looks, taken, strict=True)]
    flat = [graph.add("Flatten", one, axis=1) for one in seen]
    flat += [_points(graph, points, one) for points, one in zip(encoder.head.points, taken)]
    together = graph.add("Concat", *flat, axis=1)
    weight = graph.constant(_array(encoder.head.dense.weight))
    bias = graph.constant(_array(encoder.head.dense.bias))
    features = graph.add("Gemm", together, weight, bias, transB=1)
    graph.add("Tanh" if encoder.head.bounded else "Identity", features, name=FEATURES)
    image = helper.make_tensor_value_info(
        IMAGE, TensorProto.UINT8, [1, config.height, config.width, 3]
    )
    answer = helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, [1, config.features])
    return _model(graph, image, [answer])


def front_graph(encoder: BackboneEncoder) -> onnx.ModelProto:
    """Return the ONNX model of a front: normalised pixels of N images in, maps out."""
    graph = _Graph()
    config = encoder.config
    taken = _front(graph, encoder, _planes(graph, PIXELS))
    pixels = helper.make_tensor_value_info(
        PIXELS, TensorProto.FLOAT, ["N", config.height, config.width, 3]
    )
    answers = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape])
        for name, shape in zip(taken, encoder.front.shapes, strict=True)
    ]
    return _model(graph, pixels, answers)


def _session(model: onnx.ModelProto, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _model(
    graph: _Graph, given: onnx.ValueInfoProto, answers: list[onnx.ValueInfoProto]
) -> onnx.ModelProto:
    whole = helper.make_graph(graph.nodes, "encoder", [given], answers, graph.constants)
    model = helper.make_model(
        whole, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )
    onnx.checker.check_model(model)
    return model


def _planes(graph: _Graph, pixels: str) -> str:
    """Return the name of [N,3,H,W] for [N,H,W,3]."""
    return graph.add("Transpose", pixels, perm=[0, 3, 1, 2])


def _front(graph: _Graph, encoder: BackboneEncoder, planes: str) -> list[str]:
    """Add the front; returns the names of the maps that are taken."""
    maps = _relu6(graph, _same(graph, encoder.front.stem, planes))
    taken = []
    for count, block in enumerate(encoder.front.blocks, start=1):
        maps = _block(graph, block, maps)
        if count in encoder.config.maps:
            taken.append(maps)
    return taken


class _Graph:
    """Nodes in the order in which they are computed, and their constants."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(
        self, values: ArrayLike, kind: type[np.float32] | type[np.int64] = np.float32
    ) -> str:
        """Add an array as numbers of ``kind``; returns its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values, kind), name))
        return name

    def add(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Add a node; returns the name of its output."""
        name = name or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name


def _array(tensor: Tensor | None) -> NDArray[np.float32]:
    assert tensor is not None  # each layer here has a bias, and its statistics
    return tensor.detach().cpu().numpy()


def _conv(
    graph: _Graph,
    convolution: nn.Conv2d,
    maps: str,
    pads: tuple[int, int, int, int],
    weights: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
) -> str:
    """Add a convolution; returns the name of its output.

    ``pads``: above, left, below, right, pixels; ``weights``: replace its weight and bias.
    """
    weight, bias = weights or (_array(convolution.weight), _array(convolution.bias))
    return graph.add(
        "Conv",
        maps,
        graph.constant(weight),
        graph.constant(bias),
        kernel_shape=list(convolution.kernel_size),
        strides=list(convolution.stride),
        group=convolution.groups,
        pads=list(pads),
    )


def _same(graph: _Graph, same: SameConv, maps: str) -> str:
    left, right, above, below = same.pad.padding
    return _conv(graph, same.convolution, maps, (above, left, below, right))


def _relu6(graph: _Graph, maps: str) -> str:
    return graph.add("Clip", maps, graph.constant(np.float32(0.0)), graph.constant(np.float32(6.0)))


def _block(graph: _Graph, block: Block, maps: str) -> str:
    inside = maps
    if block.expand is not None:
        inside = _relu6(graph, _same(graph, block.expand, inside))
    inside = _relu6(graph, _same(graph, block.depthwise, inside))
    projected = _same(graph, block.project, inside)
    if block.residual:
        return graph.add("Add", projected, maps)
    return projected


def _points(graph: _Graph, points: Points, maps: str) -> str:
    """Add ``Points.forward``; returns the name of [N,3 * points]."""
    seen = _look(graph, points.look, maps)
    # To [N,points,places].
    shape = graph.constant(np.array((0, 0, -1)), np.int64)
    heat = graph.add("Reshape", _conv(graph, points.heat, seen, (0, 0, 0, 0)), shape)
    share = graph.add("Softmax", heat, axis=2)
    where = graph.add(
        "Flatten", graph.add("MatMul", share, graph.constant(_array(points.places))), axis=1
    )
    logarithm = graph.add("ReduceLogSumExp", heat, axes=[2], keepdims=0)
    above = graph.add("Sub", logarithm, graph.constant(np.float32(points.usual)))
    clearly = graph.add("Mul", above, graph.constant(np.float32(CLEARLY)))
    return graph.add("Concat", where, clearly, axis=1)


def _look(graph: _Graph, look: Look, maps: str) -> str:
    normalise = look.normalise
    scale = _array(normalise.weight) / np.sqrt(_array(normalise.running_var) + normalise.eps)
    shift = _array(normalise.bias) - scale * _array(normalise.running_mean)
    # A convolution of single pixels takes scale and shift into its own weights.
    weight = _array(look.reduce.weight)
    bias = _array(look.reduce.bias)
    weights = weight * scale[None, :, None, None], bias + weight[:, :, 0, 0] @ shift
    rows, columns = PADDING
    reduced = graph.add("Relu", _conv(graph, look.reduce, maps, (0, 0, 0, 0), weights))
    return graph.add("Relu", _conv(graph, look.around, reduced, (rows, columns, rows, columns)))
