"""Cutting a U-Net into three networks, so that wide context costs little on large images.

Most of a U-Net's arithmetic stands at full resolution and looks a few dozen pixels around; nearly all of its
context comes from the coarse levels, which are cheap.  Tiles of the whole network would repeat all of it over
a wide halo. Instead the network is cut at the encoder's features of 1/4 and 1/8 resolution and at the
decoder's answer of 1/16:

shallow : image -> features at 1/4 and 1/8      (narrow halo)
deep    : features at 1/8 -> decoder at 1/16    (wide halo, few pixels)
detail  : image, features at 1/4 and 1/8, decoder at 1/16 -> probability  (narrow halo)

The three in sequence compute exactly what the whole network does; only its first convolution runs twice.
"""

from dataclasses import dataclass
from typing import Any

from segment.unet.graph_fusion import only_user

QUARTER, EIGHTH, SIXTEENTH = 4, 8, 16  #: pixels of the image to one of the features that are cut at


@dataclass(frozen=True)
class SplitNetwork:
    """Three OpenVINO models, or compiled ones, and the halos of two."""

    shallow: Any
    deep: Any
    detail: Any
    #: shallow_reach_px, detail_reach_px: farthest pixel of the image that a pixel of the answer depends on,
    #: beyond its own block
    shallow_reach_px: int
    detail_reach_px: int


def split_network(network: Any) -> SplitNetwork | None:
    """Cut an openvino.Model of a segmentation-models-pytorch U-Net; None where it is not of that form.

    Depth 4 or 5, one input of shape (1, 1, rows, columns), doublings not merged yet (`merge_doublings`).
    """
    import openvino

    if _cuts(network) is None:
        return None
    first, middle, last = (network.clone() for _ in range(3))
    quarter, eighth, _ = _cuts(first)
    shallow = openvino.Model([quarter, eighth], first.get_parameters(), "shallow")
    _, deep_input, deep_output = _cuts(middle)
    features = _replace(deep_input)
    inputs = [*last.get_parameters(), *(_replace(entry) for entry in _cuts(last))]
    detail = openvino.Model(last.get_results(), inputs, "detail")
    return SplitNetwork(
        shallow,
        openvino.Model([deep_output], [features], "deep"),
        detail,
        shallow_reach_px=reach_px(shallow, [1]),
        detail_reach_px=reach_px(detail, [1, QUARTER, EIGHTH, SIXTEENTH]),
    )


def reach_px(network: Any, steps: list[int]) -> int:
    """How far beyond its own block of pixels an answer looks: sum of half kernels times steps.

    Of a network of convolutions, poolings, doublings and pixel-wise operations; `steps` are the pixels of the
    image to one of each input.
    """
    starts = dict(zip((p.get_friendly_name() for p in network.get_parameters()), steps, strict=True))
    seen: dict[str, tuple[float, float]] = {}  # step and reach by operation
    for op in network.get_ordered_ops():
        name = op.get_friendly_name()
        if name in starts:
            seen[name] = (starts[name], 0)
            continue
        before = [seen[n] for n in (v.get_node().get_friendly_name() for v in op.input_values()) if n in seen]
        if not before or op.get_type_name() == "ShapeOf":
            continue
        step, reach = before[0][0], max(reach for _, reach in before)
        if op.get_type_name() == "Interpolate":
            step /= 2
        elif "strides" in (facts := op.get_attributes()):
            stride, pad, dilation = (facts.get(key, [1])[0] for key in ("strides", "pads_begin", "dilations"))
            shape = facts.get("kernel") or op.input_value(1).get_shape()
            reach += step * max(pad, (shape[-1] - 1) * dilation + 1 - pad - stride)
            step *= stride
        seen[name] = (step, reach)
    return int(max(seen[result.get_friendly_name()][1] for result in network.get_results()))


def _cuts(network: Any) -> Any:
    """Outputs to cut at, of the encoder at 1/4 and 1/8 and the decoder at 1/16; None if not found."""
    users = (only_user(op) for op in network.get_ordered_ops() if op.get_type_name() == "Interpolate")
    joints = [op for op in users if op is not None and op.get_type_name() == "Concat"]
    if len(joints) not in (3, 4) or len(network.get_parameters()) != 1:
        return None
    eighth, quarter, _ = joints[-3:]
    doubled = eighth.input_value(0).get_node()
    return quarter.input_value(1), eighth.input_value(1), doubled.input_value(0)


def _replace(output: Any) -> Any:
    """Put a new input of the network in the place of an inner output."""
    import openvino.opset13 as ops

    shape = [1, output.get_partial_shape()[1].get_length(), -1, -1]
    parameter = ops.parameter(shape, output.get_element_type())
    for target in output.get_target_inputs():
        target.replace_source_output(parameter.output(0))
    return parameter
