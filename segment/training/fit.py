"""Training: cosine schedule, averaged weights, checkpoints from which a run goes on, a log to plot."""

from __future__ import annotations

import copy
import csv
import math
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import compress, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segment._threads import available_cores
from segment.choices import Device
from segment.errors import InputError
from segment.training.data.crops import Batch, CropSource
from segment.training.losses import kept_loss, training_loss
from segment.training.recipe import TrainingRecipe
from segment.unet.architecture import build_network, load_weights, require_torch

if TYPE_CHECKING:
    import torch

LOG_EVERY = 20  #: steps between two rows of the log
CHECKPOINT_SECONDS = 150.0  #: between two checkpoints: what a killed run loses at most
_LONG = 2000  #: steps of a run in which the fastest kernels are worth looking for
AHEAD = 4  #: batches that wait for the network, beside those under way
WARM_UP = 60  #: steps over which the learning rate rises


@dataclass
class Run:
    """A run in progress: the only mutable object here, and what a checkpoint holds."""

    network: Any
    averaged: Any
    optimizer: Any
    before: Any = None  #: the network that training started from, where the recipe keeps its answers
    step: int = 0
    seconds: float = 0.0


def fit(
    recipe: TrainingRecipe,
    source: CropSource,
    out: Path,
    *,
    start: dict[str, torch.Tensor] | None = None,
    device: Device = "auto",
    threads: int | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Train until the recipe's schedule ends; goes on from ``out/last.pt`` (returned) where that exists.

    `out` gets the checkpoint ``last.pt`` and ``log.csv``.  `start` are weights to start from instead of
    ImageNet's; a recipe that keeps earlier answers needs them, also to go on.  Device "auto" is CUDA where
    PyTorch finds it; `threads` are PyTorch's; `say` receives a line of progress now and then.
    """
    require_torch()
    import torch

    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    out.mkdir(parents=True, exist_ok=True)
    where = training_device(device)
    # Crops are all of one shape; trying every kernel takes some ten seconds.
    torch.backends.cudnn.benchmark = recipe.minutes > 2 or recipe.steps >= _LONG
    run = _begin(recipe, out, start, where)
    if run.step:
        say(f"going on at step {run.step}")
    began, saved = time.monotonic() - run.seconds, time.monotonic()
    sums: list[torch.Tensor] = []
    for batch in _batches(source, run.step, where):
        progress = run.seconds / (60 * recipe.minutes) if recipe.minutes > 0 else run.step / recipe.steps
        if progress >= 1:
            break
        sums.append(_step(recipe, run, batch, progress))
        run.step += 1
        run.seconds = time.monotonic() - began
        if run.step % LOG_EVERY == 0:
            loss = float(torch.stack(sums).mean())
            _log(out, run, loss, progress)
            say(f"step {run.step}  loss {loss:.4f}  {progress:.1%}")
            sums.clear()
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            save(run, out / "last.pt")
            saved = time.monotonic()
    save(run, out / "last.pt")
    return out / "last.pt"


def training_device(device: Device) -> str:
    """Name of the device: "cpu" or "cuda". `InputError`: CUDA is asked for and PyTorch finds none."""
    import torch

    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise InputError("--device cuda", "PyTorch finds no CUDA device", "Use --device cpu")
    return "cuda" if there and device != "cpu" else "cpu"


def averaged_weights(checkpoints: Sequence[Path]) -> dict[str, torch.Tensor]:
    """The averaged weights of a checkpoint by name; of several, their mean.

    A model folder counts as one, with its released weights.  The mean of networks that left the same start
    and saw different images lies lower in the loss than each of them (Wortsman et al., Model soups, ICML
    2022); batch statistics are averaged with the rest.

    `InputError`: no checkpoint of `fit`, or of another network than the first.
    """
    mean: dict[str, torch.Tensor] = {}
    for seen, path in enumerate(checkpoints):
        weights = load_weights(path) if path.is_dir() else _checkpoint(path)["averaged"]
        mean = mean or weights
        if {name: one.shape for name, one in weights.items()} != {
            name: one.shape for name, one in mean.items()
        }:
            raise InputError(path, f"is of another network than {checkpoints[0]}", "Name runs of one recipe")
        for name, one in mean.items():
            if one.is_floating_point():
                one.lerp_(weights[name], 1 / (seen + 1))
    return mean


def load_averaged(recipe: TrainingRecipe, checkpoint: Path) -> tuple[torch.nn.Module, int, float]:
    """Network with the averaged weights of a checkpoint, ready to answer; steps and seconds it took."""
    network = build_network(recipe.architecture, imagenet=False)
    state = _checkpoint(checkpoint)
    _load(network, state["averaged"], checkpoint)
    return network.eval(), int(state["step"]), float(state["seconds"])


def _checkpoint(path: Path) -> dict[str, Any]:
    import torch

    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        state["averaged"], state["step"], state["seconds"]
    except (OSError, EOFError, RuntimeError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise InputError(
            path, f"cannot be read as a checkpoint ({type(error).__name__})", "Name the last.pt of a run"
        ) from error
    return state


def _load(network: Any, weights: dict[str, Any], source: Path | str, *, all_of_them: bool = True) -> None:
    """Put weights into a network; with `all_of_them` False some may stay as they are, but none be unknown."""
    try:
        fit = not network.load_state_dict(weights, strict=all_of_them).unexpected_keys
    except RuntimeError:
        fit = False
    if not fit:
        remedy = "Name the recipe that they were trained by, or another --out for a run of its own"
        raise InputError(source, "are of another network than the recipe's", remedy)


def save(run: Run, path: Path) -> None:
    """Write a checkpoint, never leaving half of one."""
    import torch

    state = {
        "network": run.network.state_dict(),
        "averaged": run.averaged.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "step": run.step,
        "seconds": run.seconds,
    }
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def _begin(recipe: TrainingRecipe, out: Path, start: dict[str, torch.Tensor] | None, device: str) -> Run:
    import torch

    last = out / "last.pt"
    if recipe.keep and start is None:
        raise InputError("--start", "the recipe keeps the answers of earlier weights", "Name those weights")
    network = build_network(recipe.architecture, imagenet=not last.is_file() and start is None)
    if start is not None:
        _load(network, start, "the weights to start from", all_of_them=False)
    network = network.to(device, memory_format=torch.channels_last)
    before = copy.deepcopy(network).eval().requires_grad_(False) if recipe.keep else None
    network.train(not recipe.keep)  # batch statistics of few styles are not those of all
    groups = [
        {"params": list(network.encoder.parameters()), "factor": recipe.encoder_rate},
        {"params": [p for n, p in network.named_parameters() if not n.startswith("encoder.")], "factor": 1.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    run = Run(network, copy.deepcopy(network).eval(), optimizer, before)
    if device == "cpu" and _trains_in_bf16(device):
        _depthwise_in_float32(network)
    if last.is_file():
        state = _checkpoint(last)
        _load(run.network, state["network"], last)
        _load(run.averaged, state["averaged"], last)
        run.optimizer.load_state_dict(state["optimizer"])
        run.step, run.seconds = int(state["step"]), float(state["seconds"])
    return run


def _trains_in_bf16(device: str) -> bool:
    """Whether half of the bits are worth it: a processor without bf16 instructions is slower with them."""
    import torch

    return device != "cpu" or bool(torch.cpu._is_avx512_bf16_supported())


def _depthwise_in_float32(network: Any) -> None:
    """Keep depthwise convolutions out of bf16: their bf16 gradient on the CPU is a slow reference kernel.

    Measured on one core: 0.19 s of processor time a crop of 256² without this, 0.13 s with it.
    """
    import torch

    def in_float32(plain: Callable[..., Any]) -> Callable[..., Any]:
        def forward(x: torch.Tensor) -> torch.Tensor:
            with torch.autocast("cpu", enabled=False):
                return plain(x.float()).to(x.dtype)

        return forward

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d) and module.groups > 1:
            module.forward = in_float32(module.forward)


def _step(recipe: TrainingRecipe, run: Run, batch: Batch, progress: float) -> torch.Tensor:
    """One step of the optimizer; the loss, not waited for."""
    import torch

    rate = recipe.learning_rate * min(1.0, (run.step + 1) / WARM_UP)
    rate *= 0.01 + 0.99 * (1 + math.cos(math.pi * min(progress, 1.0))) / 2
    for group in run.optimizer.param_groups:
        group["lr"] = rate * group["factor"]
    device = batch.image.device.type
    with torch.autocast(device, torch.bfloat16, enabled=_trains_in_bf16(device)):
        images = batch.image.to(memory_format=torch.channels_last)
        logits = run.network(images)
        with torch.no_grad():
            before = run.before(images) if run.before else None
    trusting = progress < 0.2
    if before is None:
        loss = training_loss(recipe, logits.float(), batch, trusting=trusting)
    else:
        loss = kept_loss(recipe, logits.float(), before.float(), batch, trusting=trusting)
    run.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(run.network.parameters(), 2.0)
    run.optimizer.step()
    _average(recipe, run)
    return loss.detach()


def _average(recipe: TrainingRecipe, run: Run) -> None:
    """Exponential average of weights and of batch statistics, faster at the start."""
    from torch.optim.swa_utils import get_ema_multi_avg_fn

    keep = min(recipe.ema, (1 + run.step) / (10 + run.step))
    means, news = (list(one.state_dict().values()) for one in (run.averaged, run.network))
    floating = [mean.is_floating_point() for mean in means]
    get_ema_multi_avg_fn(keep)(list(compress(means, floating)), list(compress(news, floating)), None)
    for mean, new, averaged in zip(means, news, floating, strict=True):
        if not averaged:
            mean.copy_(new)


def _log(out: Path, run: Run, loss: float, progress: float) -> None:
    path = out / "log.csv"
    new = not path.is_file()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["step", "seconds", "progress", "loss", "learning_rate"])
        rate = run.optimizer.param_groups[-1]["lr"]
        writer.writerow([run.step, f"{run.seconds:.1f}", f"{progress:.4f}", f"{loss:.5f}", f"{rate:.3e}"])


def _batches(source: CropSource, first: int, device: str) -> Iterator[Batch]:
    """Batches of tensors on the device from step `first` on, made by threads beside the network's."""
    import torch

    def make(step: int) -> Batch:
        return Batch(*(torch.from_numpy(part).to(device) for part in source.batch(step)))

    makers = 1 if device == "cpu" else available_cores()  # on the processor the network has the others
    with ThreadPoolExecutor(makers) as threads:
        waiting = deque(threads.submit(make, first + ahead) for ahead in range(AHEAD + makers))
        for step in count(first + AHEAD + makers):
            yield waiting.popleft().result()
            waiting.append(threads.submit(make, step))
