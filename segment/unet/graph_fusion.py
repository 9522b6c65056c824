"""Doublings of a decoder, each with the convolution after it as one transposed convolution.

A U-Net's decoder doubles features by repeating pixels, puts the encoder's features beside them and convolves
both, 3 x 3.  Of the nine pixels under that window only four differ on the doubled side: a transposed
convolution of 4 x 4 and stride 2, whose weights are sums of the nine, gives the same answer with four
products instead of nine and without the doubled features in memory; the encoder's features get a convolution
of their own, and the two are added.  (The identity behind sub-pixel convolution: Shi et al. 2016,
arXiv:1609.07009.)
"""

from itertools import product
from typing import Any

import numpy as np

#: along one axis: the taps of three that each of the four is the sum of
TAPS = ((2,), (1, 2), (0, 1), (0,))


def merge_doublings(network: Any) -> None:
    """Let transposed convolutions double, where a 3 x 3 convolution of known weights follows.

    The openvino.Model of a segmentation-models-pytorch U-Net, whose enlargements are doublings and stand
    first in what is joined, is changed in place.  Its answer stays the same but for rounding.
    """
    import openvino.opset13 as ops

    for op in list(network.get_ordered_ops()):
        if op.get_type_name() != "Interpolate" or op.get_attributes()["mode"] != "nearest":
            continue
        joint, small = only_user(op), op.input_value(0)
        is_joint = joint is not None and joint.get_type_name() == "Concat"
        convolution = only_user(joint) if is_joint else joint
        weights = _weights_of_three(convolution)
        if weights is None:
            continue
        n_doubled = small.get_partial_shape()[1].get_length()
        kernel = merged_kernel(weights[:, :n_doubled])
        merged = ops.convolution_backprop_data(
            small, ops.constant(kernel), strides=[2, 2], pads_begin=[1, 1], pads_end=[1, 1], dilations=[1, 1]
        )
        if is_joint:
            beside = ops.constant(np.ascontiguousarray(weights[:, n_doubled:]))
            skipped = ops.convolution(joint.input_value(1), beside, [1, 1], [1, 1], [1, 1], [1, 1])
            merged = ops.add(merged, skipped)
        for target in convolution.output(0).get_target_inputs():
            target.replace_source_output(merged.output(0))
    network.validate_nodes_and_infer_types()


def merged_kernel(weights: np.ndarray) -> np.ndarray:
    """Weights (outputs, inputs, 3, 3) of the transposed convolution, (inputs, outputs, 4, 4)."""
    kernel = np.zeros((*weights.shape[1::-1], 4, 4), np.float32)
    for y, x in product(range(4), repeat=2):
        for v, u in product(TAPS[y], TAPS[x]):
            kernel[:, :, y, x] += weights[:, :, v, u].T
    return kernel


def only_user(op: Any) -> Any:
    """The operation that alone takes an answer; None if several do."""
    targets = op.output(0).get_target_inputs()
    return targets.pop().get_node() if len(targets) == 1 else None


def _weights_of_three(op: Any) -> np.ndarray | None:
    """Weights of a 3 x 3 convolution, stride 1 and padded by one, that are constants; else None."""
    if op is None or op.get_type_name() != "Convolution":
        return None
    facts = op.get_attributes()
    plain = all(set(facts[key]) == {1} for key in ("strides", "dilations", "pads_begin", "pads_end"))
    held = op.input_value(1).get_node()
    if held.get_type_name() == "Convert":
        held = held.input_value(0).get_node()
    if not plain or held.get_type_name() != "Constant" or list(held.shape[2:]) != [3, 3]:
        return None
    return np.asarray(held.data, np.float32)
