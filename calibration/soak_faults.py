"""What befalls a run of the soak besides kills: disks, memory and servers that end.

    python calibration/soak_faults.py "full disk" OUT COMMAND...

A fault strikes once the run has written its first new label map, while its main process is halted. Disks are
mounted in a namespace of their own: that takes the superuser, or a system that grants users such namespaces.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

ROOM = 256 << 20  #: bytes left on the disk that will be full; below 200 MB a run does not begin
STRUCK, TOO_LATE, NOT_TRIED = "struck", "too late", "not tried: no namespaces of mounts"


@dataclass(frozen=True)
class Fault:
    """One way to disturb a run."""

    strike: Callable[[Path, int], object]  #: gets the output folder and the halted process
    says: tuple[str, ...]  #: one of these is in the words of the run
    ends: bool = False  #: the run ends by it with status 2; others go on, and are killed some images later
    disk: Callable[[Path], AbstractContextManager[object]] | None = None  #: what the output lies on


def mount(*words: str | Path) -> None:
    """Mount in this namespace; again while the place is busy."""
    for _ in range(1000):
        done = subprocess.run(["mount", *words], capture_output=True, text=True)
        if done.returncode == 0:
            return
        time.sleep(0.01)
    raise SystemExit(done.stderr)


@contextmanager
def small_disk(out: Path) -> Iterator[None]:
    """The output on a disk in memory with little room; what it holds at the end is kept."""
    with tempfile.TemporaryDirectory(dir=out.parent) as name:
        kept = Path(name)
        mount("--bind", out, kept)
        held = sum(path.stat().st_size + 4096 for path in out.rglob("*"))
        mount("-t", "tmpfs", "-o", f"size={held + ROOM}", "tmpfs", out)
        shutil.copytree(kept, out, dirs_exist_ok=True)
        yield
        (out / "filler").unlink(missing_ok=True)
        for path in kept.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(out, kept, dirs_exist_ok=True)
        subprocess.run(["umount", kept], check=True)


@contextmanager
def mounted_images(out: Path) -> Iterator[None]:
    """The folder of images as a mount of its own, which can turn read-only."""
    images = out / "images"
    images.mkdir(exist_ok=True)
    mount("--bind", images, images)
    yield
    subprocess.run(["umount", images], check=True)


def fill(out: Path, pid: int) -> None:
    """Leave no byte free on the disk of a folder."""
    with (out / "filler").open("wb", buffering=0) as file:
        for block in (1 << 20, 4096):
            try:
                while True:
                    file.write(b"\0" * block)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def workers_of(pid: int) -> list[int]:
    """The processes in which a run works on its images."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    words = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
    return [child for child, command in words.items() if b"resource_tracker" not in command]


def end_memory(out: Path, pid: int) -> None:
    """A worker gets no further memory."""
    worker = workers_of(pid)[0]
    pages = int(Path(f"/proc/{worker}/statm").read_text().split()[0])
    limit = pages * resource.getpagesize()
    resource.prlimit(worker, resource.RLIMIT_AS, (limit, limit))


FAULTS = {
    "full disk": Fault(fill, (os.strerror(errno.ENOSPC), "disk is full"), True, small_disk),
    "read-only output": Fault(
        lambda out, pid: mount("-o", "remount,bind,ro", out / "images"),
        (os.strerror(errno.EROFS),),
        True,
        mounted_images,
    ),
    "memory of a worker ends": Fault(end_memory, ("memory", "bad_alloc")),
    "worker killed": Fault(lambda out, pid: os.kill(workers_of(pid)[0], signal.SIGKILL), ("",)),
}


def server_restarted(command: str) -> Fault:
    """A shell command restarts the server of the database."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return Fault(lambda out, pid: subprocess.run(command, shell=True, check=True, **quiet), ("",))


def befall(fault: Fault, out: Path, arguments: list[str]) -> str:
    """Run a command that fills a folder, disturbed; `STRUCK`, `TOO_LATE`, or how else it ended."""
    out.mkdir(parents=True, exist_ok=True)
    with (
        fault.disk(out) if fault.disk else nullcontext(),
        tempfile.NamedTemporaryFile() as words,
        subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=words) as process,
    ):

        def said() -> str:
            return Path(words.name).read_text(errors="replace")

        def as_it_should() -> bool:
            return any(one in said() for one in fault.says)

        def further(n: int) -> bool:
            return n_results(out) >= before + n

        before = n_results(out)
        if not _wait(process, lambda: further(1)):
            return TOO_LATE
        process.send_signal(signal.SIGSTOP)
        fault.strike(out, process.pid)
        process.send_signal(signal.SIGCONT)
        if _wait(process, lambda: not fault.ends and further(3) and as_it_should()):
            process.kill()
        process.wait()
        good = as_it_should() and (process.returncode == 2 or not fault.ends)
        return STRUCK if good else f"status {process.returncode}: {said()[-2000:]}"


def n_results(out: Path) -> int:
    """Label maps in an output folder."""
    return sum(1 for _ in (out / "images").rglob("*.labels.tif"))


def _wait(process: subprocess.Popen[bytes], until: Callable[[], bool]) -> bool:
    """Wait until something is so; False where the process ends before."""
    while process.poll() is None:
        if until():
            return True
        time.sleep(0.02)
    return False


def befall_apart(name: str, out: Path, arguments: list[str]) -> str:
    """The same for a fault of `FAULTS`, whose disk is mounted for nobody else."""
    if FAULTS[name].disk is None:
        return befall(FAULTS[name], out, arguments)
    apart = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    try:
        subprocess.run([*apart, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return NOT_TRIED
    call = [*apart, sys.executable, __file__, name, str(out), *arguments]
    return subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    print(befall(FAULTS[sys.argv[1]], Path(sys.argv[2]), sys.argv[3:]))
