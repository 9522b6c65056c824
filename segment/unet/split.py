"""Cutting a U-Net into three networks, so that wide context costs little on large images.

Most of a U-Net's arithmetic stands at full resolution and looks a few dozen pixels around; nearly all of its
context comes from the coarse levels, which are cheap.  Tiles of the whole network would repeat all of it over
a wide halo. Instead the network is cut at the features of 1/8 resolution and at the decoder's answer of 1/16:

shallow : image -> features at 1/8         (narrow halo)
deep    : features at 1/8 -> decoder at 1/16   (wide halo, few pixels)
detail  : image, decoder at 1/16 -> probability  (narrow halo)

The three in sequence compute exactly what the whole network does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NARROW_HALO_PX = 64  #: reach of the shallow and detail networks (sum of half kernels times strides)
SHALLOW_STRIDE, DEEP_STRIDE = 8, 16


@dataclass(frozen=True)
class SplitNetwork:
    """Three OpenVINO models and the channels that pass between them."""

    shallow: Any
    deep: Any
    detail: Any
    shallow_channels: int
    deep_channels: int


def split_network(network: Any) -> SplitNetwork | None:
    """Cut a segmentation-models-pytorch U-Net of depth 4 or 5; None where the graph is not of that form.

    Parameters
    ----------
    network : openvino.Model
        With one input of shape (1, 1, rows, columns).
    """
    import openvino

    if _cuts(network) is None:
        return None
    shallow = network.clone()
    skip, _ = _cuts(shallow)
    deep = network.clone()
    deep_input, deep_output = _cuts(deep)
    features = _replace(deep_input)
    detail = network.clone()
    _, detail_input = _cuts(detail)
    context = _replace(detail_input)
    channels = (_channels(deep_input), _channels(detail_input))
    return SplitNetwork(
        openvino.Model([skip], shallow.get_parameters(), "shallow"),
        openvino.Model([deep_output], [features], "deep"),
        openvino.Model(detail.get_results(), [*detail.get_parameters(), context], "detail"),
        *channels,
    )


def _cuts(network: Any) -> Any:
    """Outputs to cut at: encoder features at 1/8 and the decoder's at 1/16; None where they are not found."""
    joints = [op for op in network.get_ordered_ops() if op.get_type_name() == "Concat"]
    joints = [op for op in joints if op.get_output_partial_shape(0).rank.get_length() == 4]
    if len(joints) not in (3, 4) or len(network.get_parameters()) != 1:
        return None
    enlarged, skip = joints[-3].input_values()  # decoder from 1/16, encoder at 1/8
    enlarger = enlarged.get_node()
    if enlarger.get_type_name() != "Interpolate":
        return None
    return skip, enlarger.input_value(0)


def _replace(output: Any) -> Any:
    """Put a new input of the network in the place of an inner output."""
    import openvino.opset13 as ops

    parameter = ops.parameter([1, _channels(output), -1, -1], output.get_element_type())
    for target in output.get_target_inputs():
        target.replace_source_output(parameter.output(0))
    return parameter


def _channels(output: Any) -> int:
    return int(output.get_partial_shape()[1].get_length())
