"""What is left to do: one job per file, or per frame of a stack, that is not in the database yet."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from grainstats.run.failures import Failure, said_of
from grainstats.run.job.file_identity import KnownFiles, Picture, looks_of
from grainstats.run.job.progress import Progress
from grainstats.run.names import plain_name, printable, without_folders
from segment.errors import InputError
from segment.file_kind import why_no_file


@dataclass(frozen=True)
class Job:
    """One image to be analysed."""

    path: Path
    name: str  #: what database, report and exports call the file: no folder of this machine
    sha256: str  #: of the file's bytes
    sample_id: str
    #: frame of a stack; None: the file has not been opened yet, it may turn out to be a stack
    frame: int | None = None
    #: start of the file names under which the database knows this image; empty for a new one
    stored_stem: str = ""
    deep: bool = False  #: the run has so many images that their files need a further level of folders
    #: files of a field that several pictures show, `path` first; empty: the file is an image by itself
    pictures: tuple[Picture, ...] = ()
    looks: tuple[tuple[int, int], ...] = ()  #: of its files when they were hashed, see `looks_of`

    def check_unchanged(self) -> None:
        """`InputError` where a file is not the one that was hashed: results would go under a wrong digest."""
        if self.looks and looks_of(self.path, self.pictures) != self.looks:
            reason, remedy = "the file changed while the run was reading it", "Run again when it is complete"
            raise InputError(self.path, reason, remedy)

    def failure(self, reason: str, remedy: str) -> Failure:
        """This job without a result."""
        reason, remedy = (printable(without_folders(t, self.path, self.name)) for t in (reason, remedy))
        return Failure(self.name, self.digest, reason, remedy, self.sample_id)

    @property
    def digest(self) -> str:
        """Identity of the frame, as `Micrograph.digest`."""
        return self.sha256 if self.frame is None else f"{self.sha256}#{self.frame}"

    def stem(self, analysis: str) -> str:
        """Start of the names of this image's files, ``<sample>/<name>-<analysis>``.

        `analysis` is the short digest of image, model and recipe: the same call finds its files again,
        another recipe leaves them alone.
        """
        if self.stored_stem:
            return self.stored_stem
        frame = "" if self.frame is None else f"_{self.frame:04d}"
        below = f"{analysis[:2]}/" if self.deep else ""
        return f"{plain_name(self.sample_id)}/{below}{plain_name(self.path.stem)}{frame}-{analysis[:8]}"


@dataclass
class Plan:
    """Draws jobs one at a time; files are hashed only when their turn has come."""

    #: image and sample, in a fixed order: of two copies of one image, the first counts
    jobs: Sequence[tuple[Path, str]]
    #: given a job, None where its work is complete, else the job with what is known of it
    pending: Callable[[Job], Job | None]
    name: Callable[[Path], str]  #: what a file is called in the database and in messages
    files: KnownFiles
    deep: bool = False  #: see `Job`
    progress: Progress = field(default_factory=Progress)  #: is told what there is, and what needs no work
    #: files that could not even be hashed, and copies of one image in two samples
    failures: list[Failure] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)  #: copies within one sample, which count once
    n_done: int = 0  #: images found done already
    stacks: list[str] = field(default_factory=list)  #: what is said of files with several pages
    _frames: deque[Job] = field(default_factory=deque)
    _seen: dict[str, tuple[str, str]] = field(default_factory=dict)  #: by digest, name and sample
    _next: int = 0

    def next_job(self) -> Job | None:
        """The next job that is not done, or None when there is none at present."""
        from grainstats.share.db.engine import DatabaseError

        while self._frames or self._next < len(self.jobs):
            job = self._frames.popleft() if self._frames else self._open_next()
            if job is None:
                continue
            try:
                left = self.pending(job)
            except DatabaseError:
                raise
            except Exception as error:
                self._fail(job.failure(*said_of(error)))
                continue
            if left is not None:
                return left
            self.n_done += 1
            self.progress.skip(1)
        return None

    def add_frames(self, job: Job, n_frames: int) -> None:
        """A file turned out to be a stack: each frame is a job of its own, done before other files."""
        self._frames.extend(replace(job, frame=frame) for frame in range(n_frames))
        self.progress.add(n_frames - 1)
        self.stacks.append(
            f"{job.name}: its {n_frames} pages are taken for separate fields of one sample; "
            "if they are slices of one body, use grainstats volume"
        )

    def _open_next(self) -> Job | None:
        path, sample_id = self.jobs[self._next]
        name = self.name(path)
        self._next += 1
        pictures = self.files.fields.get(path, ())
        try:
            why = why_no_file(path)
            if why is None:
                looks = looks_of(path, pictures)
                sha256 = self.files.identity(path)
        except OSError as error:
            why = f"cannot be read: {error.strerror or error}", "Check the path and its permissions"
        except Exception as error:
            why = said_of(error)
        if why is not None:
            self._fail(Failure(name, "", *why, sample_id))
            return None
        if sha256 in self._seen:
            self._is_copy(name, sha256, sample_id)
            return None
        self._seen[sha256] = name, sample_id
        job = Job(path, name, sha256, sample_id, deep=self.deep, pictures=pictures, looks=looks)
        if (n_frames := self.files.n_frames(sha256)) is None:
            return job
        self.add_frames(job, n_frames)
        return None

    def _fail(self, failure: Failure) -> None:
        self.failures.append(failure)
        self.progress.skip(1)

    def _is_copy(self, name: str, sha256: str, sample_id: str) -> None:
        first, owner = self._seen[sha256]
        if owner == sample_id:
            self.remarks.append(f"{name} is the same image as {first}, byte for byte: counted once")
            self.progress.skip(1)
            return
        reason = f"the same image, byte for byte, already counts in the sample {owner!r} ({first})"
        remedy = "Keep the copy that belongs to its sample, or name the sample of each image in samples.csv"
        self._fail(Failure(name, sha256, reason, remedy, sample_id))
