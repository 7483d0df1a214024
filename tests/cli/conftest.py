"""The command line in this process: what ``perovex ARGUMENTS`` prints and with which status it ends."""

from __future__ import annotations

import contextlib
import io
import logging
import signal
import sys
import warnings
from dataclasses import dataclass

import pytest

from perovex.cli.main import main


@dataclass
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Lines on stderr."""
        return [line for line in self.err.splitlines() if line.strip()]

    def assert_refused(self, *words):
        """One line that names these, exit status 2."""
        assert self.status == 2, f"status {self.status}\n{self.out}\n{self.err}"
        assert len(self.lines) == 1, self.err
        assert self.lines[0].startswith("perovex: ")
        for word in words:
            assert word in self.lines[0]


class StillWorkingError(BaseException):
    """A command that should have been refused went to work."""


@contextlib.contextmanager
def _limited(seconds):
    """Stop after so many seconds of the processor, or thirty times as many of the clock."""

    def stop(*_):
        raise StillWorkingError

    if seconds is None or not hasattr(signal, "setitimer"):
        yield
        return
    timers = {signal.ITIMER_VIRTUAL: signal.SIGVTALRM, signal.ITIMER_REAL: signal.SIGALRM}
    before = {number: signal.signal(number, stop) for number in timers.values()}
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, 30 * seconds)
    try:
        yield
    finally:
        for timer, number in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


def run_main(*arguments, encoding="utf-8", limit=None):
    """Run a command with streams of this encoding, at most so many seconds; an unexpected error is raised as it is."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2)]
    before = sys.stdout, sys.stderr
    handlers, level = logging.root.handlers[:], logging.root.level
    try:
        sys.stdout, sys.stderr = streams
        with warnings.catch_warnings(), _limited(limit), pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
    finally:
        sys.stdout, sys.stderr = before
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
    out, err = (stream.buffer.getvalue().decode(encoding) for stream in streams)
    return Done(caught.value.code, out, err)


@pytest.fixture
def perovex():
    """``perovex("describe", file)``, in this process."""
    return run_main
