"""What a process gives up, for good, before it runs code that nobody has to trust.

Three layers, each for what the others cannot do or where they are not to be had: limits of the
system, Landlock (files, signals, TCP) and a system call filter of libseccomp (processes, sockets,
whatever reaches another process). They hold for the thread that asks and all it starts, so ask
before there is a second one.

Source: setrlimit(2), prctl(2), capset(2), landlock(7), linux/landlock.h, seccomp.h of libseccomp.
"""

import contextlib
import ctypes
import errno
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

MAX_MEMORY_BYTES = 2 * 2**30
MAX_FILES = 64
MAX_TASKS = 64
MAX_BURST_US = 100_000
"""Longest computation of a real-time thread in one go; then the kernel kills the process."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_SIGKILL = 9


def contain(readable: Sequence[str]) -> str:
    """Give up everything but computing, and reading under `readable`.

    Args:
        readable: Files and folders.

    Returns:
        What holds and what could not be had, in plain words.
    """
    _limit()
    if sys.platform != "linux":
        return "limits only: this system knows neither Landlock nor seccomp"
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    _drop_capabilities(libc)
    words = ["limits"]
    no_new = libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    words.append("no new privileges" if no_new else "new privileges not prevented")
    words.append(_landlock(libc, readable))
    words.append(_filter_calls())
    return ", ".join(words)


def _limit() -> None:
    """Lower this process's limits: memory, files, processes, punctuality, all it could write."""
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))
    most = {
        "RLIMIT_AS": MAX_MEMORY_BYTES,
        "RLIMIT_NOFILE": MAX_FILES,
        "RLIMIT_NPROC": MAX_TASKS,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_NICE": 0,
        "RLIMIT_RTPRIO": 0,
        "RLIMIT_RTTIME": MAX_BURST_US,
    }
    for name, value in most.items():
        number = getattr(resource, name, None)
        if number is not None:
            hard = resource.getrlimit(number)[1]
            least = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(number, (least, least))


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Whoever is root here, is so no longer in anything that matters; others had none."""
    header, none = _Header(0x20080522, 0), (ctypes.c_uint32 * 6)()
    libc.capset(ctypes.byref(header), ctypes.byref(none))


# -- Landlock: files, signals, TCP ---------------------------------------------------------

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_FILE_BITS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many kinds of access to files are known from a version of Landlock on."""


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def _landlock(libc: ctypes.CDLL, readable: Sequence[str]) -> str:
    """Let only `readable` be read, and nothing be changed; return that it was done, or why not."""
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if version < 1:
        return "no Landlock (not in this kernel)"
    bits = max(count for since, count in _FILE_BITS.items() if since <= version)
    # TCP is known from version 4, signals and abstract sockets from 6.
    ruleset = _Ruleset((1 << bits) - 1, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    made = libc.syscall(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), 0)
    if made < 0:
        return f"no Landlock ({os.strerror(ctypes.get_errno())})"
    for path in readable:
        _let_read(libc, made, path)
    status = libc.syscall(_RESTRICT_SELF, made, 0)
    os.close(made)
    return f"Landlock {version}" if status == 0 else "no Landlock (refused)"


def _let_read(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    access = _EXECUTE | _READ_FILE | (_READ_DIR if Path(path).is_dir() else 0)
    rule = _Beneath(access, place)
    libc.syscall(_ADD_RULE, ruleset, 1, ctypes.byref(rule), 0)
    os.close(place)


# -- seccomp: processes, sockets, other processes ------------------------------------------

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NOT_EQUAL, _EQUAL, _MASKED_EQUAL = 1, 4, 7
_CLONE_THREAD = 0x00010000
_NEVER = (
    *("fork", "vfork", "execve", "execveat", "setsid", "setpgid"),
    *("socket", "connect", "bind", "listen", "accept", "accept4"),
    *("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open"),
    *("pidfd_send_signal", "pidfd_getfd", "ptrace", "process_vm_readv", "process_vm_writev"),
    *("process_madvise", "process_mrelease", "kcmp", "setpriority", "ioprio_set"),
    *("migrate_pages", "move_pages", "perf_event_open", "bpf", "userfaultfd", "io_uring_setup"),
    *("mount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount", "pivot_root", "chroot"),
    *("unshare", "setns", "keyctl", "add_key", "request_key", "memfd_create", "memfd_secret"),
    *("mknod", "mknodat", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown"),
    *("fchownat", "utime", "utimes", "utimensat", "futimesat", "setxattr", "lsetxattr"),
    *("fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "shmget", "shmat", "msgget"),
    *("semget", "mq_open", "inotify_init1", "fanotify_init", "init_module", "finit_module"),
    *("kexec_load", "reboot", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex"),
)
_OF_OTHERS = (
    *("prlimit64", "sched_setscheduler", "sched_setparam", "sched_setattr"),
    "sched_setaffinity",
)
"""Calls whose first argument is a process; 0 is the caller."""


class _Argument(ctypes.Structure):
    _fields_ = (
        ("number", ctypes.c_uint),
        ("compare", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def _calls() -> Iterator[tuple[str, int, _Argument | None]]:
    """Yield each forbidden call, its error, and what its argument is when it is forbidden."""
    yield from ((name, errno.EPERM, None) for name in _NEVER)
    yield from ((name, errno.EPERM, _Argument(0, _NOT_EQUAL, 0, 0)) for name in _OF_OTHERS)
    # Threads are welcome. What clone3 makes cannot be seen by a filter; libc then uses clone.
    yield "clone", errno.EPERM, _Argument(0, _MASKED_EQUAL, _CLONE_THREAD, 0)
    yield "clone3", errno.ENOSYS, None
    yield "prctl", errno.EPERM, _Argument(0, _EQUAL, _PR_SET_PDEATHSIG, 0)


def _filter_calls() -> str:
    """Refuse the forbidden system calls; return that it was done, or why not."""
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return "no seccomp (libseccomp is not installed)"
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(_ALLOW)))
    kept = []
    for name, error, argument in _calls():
        number = library.seccomp_syscall_resolve_name(name.encode())
        count = 0 if argument is None else 1
        pointer = None if argument is None else ctypes.byref(argument)
        action = ctypes.c_uint32(_ERRNO | error)
        added = library.seccomp_rule_add_array(
            context, action, number, ctypes.c_uint(count), pointer
        )
        # A call that this computer does not have has no number, and cannot be made either.
        if added != 0 and number >= 0:
            kept.append(name)
    is_loaded = library.seccomp_load(context) == 0
    library.seccomp_release(context)
    if not is_loaded:
        return "no seccomp (refused)"
    return f"seccomp without {' '.join(kept)}" if kept else "seccomp"
