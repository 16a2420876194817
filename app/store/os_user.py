"""As which OS user does the embedded PostgreSQL run, and what may that user touch?

PostgreSQL refuses root. Started by root it runs as `pgserver`, made on demand, who then needs to search the folders
above the data and the binaries. That is granted to this one user by an access list, and only where the file system
knows none, to everybody (search only: names stay unreadable).
"""

import os
import pwd
import shutil
import stat
import struct
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NAME = "pgserver"

# Linux, include/uapi/linux/posix_acl_xattr.h: a version, then (tag, permissions, id) each
ACL = "system.posix_acl_access"
ACL_VERSION, NOBODY_ID = 2, 0xFFFFFFFF
USER_OBJ, USER, GROUP_OBJ, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
SEARCH = 1


@dataclass(frozen=True, slots=True)
class OsUser:
    uid: int
    gid: int


def server_user() -> OsUser | None:
    """None: PostgreSQL runs as whoever we are."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        _add_user()
        entry = pwd.getpwnam(NAME)
    return OsUser(entry.pw_uid, entry.pw_gid)


def _add_user() -> None:
    if shutil.which("useradd"):
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/sh", NAME]
    else:  # busybox
        command = ["adduser", "-S", "-D", "-H", NAME]
    with suppress(subprocess.CalledProcessError):  # another process of ours was faster
        subprocess.run(command, check=True, capture_output=True)


def own_private_folder(user: OsUser | None, folder: Path) -> None:
    """Make a folder of mode 0700 for the server; refuse one that somebody else has put there."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if user is not None:
            os.chown(folder, user.uid, user.gid)
    found = folder.lstat()
    owner = os.geteuid() if user is None else user.uid
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
        raise PermissionError(f"{folder} belongs to user {found.st_uid}, expected {owner}: remove it")
    folder.chmod(0o700)


def let_run(user: OsUser | None, program: Path, *folders: Path) -> None:
    """See to it that `user` can run a program, which reads what is in `folders`."""
    if user is None or _runs(user, program):
        return
    let_search(user, program)
    if not _runs(user, program):  # installed under a strict umask
        for folder in folders:
            for path in (folder, *folder.rglob("*")):
                if not path.is_symlink():
                    mode = path.stat().st_mode
                    path.chmod(mode | 0o044 | (0o011 if mode & 0o100 else 0))


def _runs(user: OsUser, program: Path) -> bool:
    try:
        command = [str(program), "--version"]
        done = subprocess.run(command, user=user.uid, group=user.gid, extra_groups=[], cwd="/", capture_output=True)
    except PermissionError:
        return False
    return done.returncode == 0


def let_search(user: OsUser | None, path: Path) -> None:
    """Let `user` pass through every folder above `path`, and `path` itself if it is a folder."""
    if user is None:
        return
    for folder in [*path.resolve().parents, path.resolve()]:
        found = folder.stat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid != user.uid and not found.st_mode & stat.S_IXOTH:
            _grant_search(user, folder)


def _grant_search(user: OsUser, folder: Path) -> None:
    try:
        entries = _access_list(folder)
        if entries.get((USER, user.uid), 0) & entries.get((MASK, NOBODY_ID), 7) & SEARCH:
            return
        entries[USER, user.uid] = SEARCH
        entries[MASK, NOBODY_ID] = entries.get((MASK, NOBODY_ID), entries[GROUP_OBJ, NOBODY_ID]) | SEARCH
        packed = b"".join(struct.pack("<HHI", tag, entries[tag, owner], owner) for tag, owner in sorted(entries))
        os.setxattr(folder, ACL, struct.pack("<I", ACL_VERSION) + packed)
    except (OSError, AttributeError):  # a file system, or a system, without access lists
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH)


def _access_list(folder: Path) -> dict[tuple[int, int], int]:
    """(tag, id) -> permissions; from the mode where there is no list yet."""
    try:
        raw = os.getxattr(folder, ACL)
    except OSError:
        mode = folder.stat().st_mode
        shifts = ((USER_OBJ, 6), (GROUP_OBJ, 3), (OTHER, 0))
        return {(tag, NOBODY_ID): mode >> shift & 7 for tag, shift in shifts}
    return {(tag, owner): permissions for tag, permissions, owner in struct.iter_unpack("<HHI", raw[4:])}
