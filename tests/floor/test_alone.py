"""A floor whose parent was killed ends, whatever kind of pipe the parent held."""

import socket
import subprocess
import sys

import pytest

FLOOR = [sys.executable, "-m", "floor", "demo"]


@pytest.mark.parametrize("kind", ["pipe", "sockets"])
def test_a_floor_ends_when_its_parent_is_gone(kind, tmp_path):
    key_file = tmp_path / "key"
    key_file.write_text("jf_none")
    silent = socket.create_server(("127.0.0.1", 0))  # takes the call and never answers: the floor waits
    server = f"http://127.0.0.1:{silent.getsockname()[1]}"
    command = [*FLOOR, "--server", server, "--key-file", str(key_file)]
    ours, theirs = socket.socketpair()
    stdin = subprocess.PIPE if kind == "pipe" else theirs
    floor = subprocess.Popen(command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    theirs.close()
    connection, _ = silent.accept()  # it is at work

    ours.close()
    if floor.stdin is not None:
        floor.stdin.close()
    try:
        floor.wait(20)
    finally:
        floor.kill()
        floor.wait()
        connection.close()
        silent.close()
