"""One writer for each run: in two processes, in one process, after kill -9, after a fork, on a file system without locks."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from minigan.running import lock
from minigan.running.lock import Lock

HOLD = """
import sys
from minigan.running.lock import Lock
with Lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of tmp_path until its standard input closes."""
    argv = [sys.executable, "-c", HOLD, str(tmp_path)]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_another_process_is_named(tmp_path, holder):
    message = rf"{tmp_path} is being written by process {holder.pid} on .+, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d: wait until"
    for _ in range(2):
        with pytest.raises(BlockingIOError, match=message), Lock(tmp_path):
            pass
    holder.communicate("")
    with Lock(tmp_path):
        assert f"process {os.getpid()} on " in (tmp_path / ".lock").read_text()
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_killed_process_is_free(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert (tmp_path / ".lock").exists()  # with the text of the dead process
    with Lock(tmp_path):
        assert f"process {os.getpid()} on " in (tmp_path / ".lock").read_text()


def test_two_locks_of_one_process_exclude_each_other_and_one_may_be_entered_again(tmp_path):
    with Lock(tmp_path / "new") as mine:
        with mine:
            pass
        with pytest.raises(BlockingIOError, match="by another Trainer of this process"), Lock(tmp_path / "new"):
            pass
    with Lock(tmp_path / "new"):
        pass


def test_a_forked_child_does_not_keep_the_lock(tmp_path):
    """The parent is killed while its child, forked inside the block, lives on."""
    program = textwrap.dedent(
        """
        import os, sys, time
        from minigan.running.lock import Lock
        with Lock(sys.argv[1]):
            if os.fork() == 0:
                print("held", flush=True)  # the child runs, and has closed its copy of the lock's file
                time.sleep(300)
                os._exit(0)
            time.sleep(300)
        """
    )
    argv = [sys.executable, "-c", program, str(tmp_path)]
    parent = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert parent.stdout.readline() == "held\n"
        with pytest.raises(BlockingIOError), Lock(tmp_path):
            pass
        parent.kill()
        parent.wait()
        with Lock(tmp_path):
            pass
    finally:
        os.killpg(parent.pid, signal.SIGKILL)  # the child
        parent.communicate()


def test_a_lock_file_that_was_deleted_meanwhile_is_made_again(tmp_path, monkeypatch):
    """Between open and flock its holder deletes the file: a lock on it would exclude nobody."""
    flock, calls = fcntl.flock, []

    def slow(file, how):
        calls.append(how)
        if len(calls) == 1:
            (tmp_path / ".lock").unlink()
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", slow)
    with Lock(tmp_path):
        assert len(calls) == 2
        with pytest.raises(BlockingIOError), Lock(tmp_path):
            pass


def test_a_file_system_without_locks(tmp_path, monkeypatch):
    def flock(file, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock.fcntl, "flock", flock)
    with (
        pytest.warns(UserWarning, match="without locks .No locks available.: let no two processes write"),
        Lock(tmp_path),
    ):
        pass
