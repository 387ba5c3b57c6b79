"""A Debian 12 of one architecture in a folder, with systemd, to install a package in. Needs root, debootstrap, systemd-nspawn, and for a
foreign architecture binfmt_misc with qemu-user-static.

The system is made once and kept in a cache folder; each DebianRoot is a fresh layer over it that is thrown away.
"""
import contextlib
import ctypes
import glob
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

EMULATORS = {  # architecture: (program, ELF class and machine, as binfmt_misc wants them)
    "arm64": ("qemu-aarch64-static", r"\x7f\x45\x4c\x46\x02\x01\x01" + r"\x00" * 9 + r"\x02\x00\xb7\x00"),
    "armhf": ("qemu-arm-static", r"\x7f\x45\x4c\x46\x01\x01\x01" + r"\x00" * 9 + r"\x02\x00\x28\x00"),
}
MASK = r"\xff" * 7 + r"\x00" + r"\xff" * 8 + r"\xfe\xff\xff\xff"
BINFMT = pathlib.Path("/proc/sys/fs/binfmt_misc")
PACKAGES = "ca-certificates,systemd,systemd-sysv,udev"


class CannotBeHad(Exception):
    """This machine cannot run such a system; the text says why."""


@contextlib.contextmanager
def emulation(architecture):
    """Programs of the architecture run on this machine while the context lasts."""
    if architecture not in EMULATORS:
        yield
        return
    program, magic = EMULATORS[architecture]
    path = shutil.which(program)
    if not path:
        raise CannotBeHad(f"{program} is not there")
    if not (BINFMT / "register").exists():
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", BINFMT], check=False, stderr=subprocess.DEVNULL)
    name = f"compound-gateway-{architecture}"
    known = any(path in entry.read_text() for entry in BINFMT.glob("*qemu*") if entry.is_file()) or (BINFMT / name).exists()
    try:
        if not known:
            # F: the emulator is opened now, so that it need not be inside the system
            (BINFMT / "register").write_text(f":{name}:M::{magic}:{MASK}:{path}:F")
    except OSError as error:
        raise CannotBeHad(f"binfmt_misc does not take {program}: {error}") from error
    try:
        yield
    finally:
        if not known:
            with contextlib.suppress(OSError):
                (BINFMT / name).write_text("-1")


def control_groups():
    """systemd-nspawn asks for control groups of the one hierarchy; inside a chroot /sys often has none, and a machine without systemd may
    have them of version 1. Mounted for this process alone."""
    groups = pathlib.Path("/sys/fs/cgroup")
    if not groups.is_dir() or (groups / "cgroup.controllers").exists():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x20000) == 0:  # CLONE_NEWNS
        subprocess.run(["mount", "--make-rprivate", "/"], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["mount", "-t", "cgroup2", "none", groups], check=False, stderr=subprocess.DEVNULL)


def mirror():
    """The Debian mirror that apt uses here."""
    for source in ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"):
        with contextlib.suppress(OSError):
            found = re.search(r"^(?:URIs:|deb(?: \[.*\])?) *(\S+)", pathlib.Path(source).read_text(), re.M)
            if found:
                return found.group(1)
    sys.exit("no Debian mirror in /etc/apt/sources.list or sources.list.d/debian.sources")


def leave(base):
    """What debootstrap mounted in there is unmounted; it does so itself unless it is interrupted."""
    for line in reversed(pathlib.Path("/proc/self/mounts").read_text().splitlines()):
        place = line.split()[1]
        if place.startswith(f"{base.resolve()}/"):
            subprocess.run(["umount", "-l", place], check=False)


def make_base(architecture, base):
    if (base / ".complete").exists():
        return
    leave(base)
    shutil.rmtree(base, ignore_errors=True)
    base.parent.mkdir(parents=True, exist_ok=True)
    print(f"making a Debian 12 for {architecture} in {base}", flush=True)
    log = base.parent / f"{architecture}.log"
    with log.open("w") as out:
        if subprocess.run(["debootstrap", f"--arch={architecture}", "--variant=minbase", f"--include={PACKAGES}", "bookworm", base, mirror()],
                          stdout=out, stderr=out, check=False).returncode:
            raise CannotBeHad("debootstrap failed:\n" + "\n".join(log.read_text().splitlines()[-5:]))
    # This machine's way to the packages
    with contextlib.suppress(OSError):
        shutil.copy("/etc/apt/sources.list.d/debian.sources", base / "etc/apt/sources.list.d/")
        (base / "etc/apt/sources.list").unlink(missing_ok=True)
    for conf in glob.glob("/etc/apt/apt.conf.d/99*"):
        shutil.copy(conf, base / "etc/apt/apt.conf.d/")
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", base / "etc/ssl/certs/ca-certificates.crt")
    # Thrown away after the run: no need to wait for the disk
    (base / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")
    (base / ".complete").touch()


class DebianRoot:
    """`with DebianRoot(architecture, cache) as debian:`; debian.path is the system's folder."""

    def __init__(self, architecture, cache):
        self.architecture = architecture
        self.cache = pathlib.Path(cache)
        self.container = None

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        control_groups()
        with self.stack:
            self.stack.enter_context(emulation(self.architecture))
            base = self.cache / self.architecture
            make_base(self.architecture, base)
            work = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="run.", dir=self.cache)))
            self.path = work / "root"
            for folder in ("root", "upper", "work"):
                (work / folder).mkdir()
            mounted = subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                                      f"lowerdir={base},upperdir={work}/upper,workdir={work}/work", self.path], check=False).returncode == 0
            if mounted:
                self.stack.callback(subprocess.run, ["umount", "-l", self.path], check=False)
            else:
                subprocess.run(["cp", "-a", f"{base}/.", self.path], check=True)
            self.stack.callback(self.power_off)
            probe = self.run("true", check=False)
            if probe.returncode:
                raise CannotBeHad(f"systemd-nspawn does not work here: {probe.stdout.strip()}")
            self.stack = self.stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    # ---- a command in it, without its services

    def nspawn(self, *words):
        return ["systemd-nspawn", "--quiet", f"--directory={self.path}", "--register=no", "--keep-unit", "--resolv-conf=copy-host", "--link-journal=no",
                f"--machine=gateway-{os.getpid()}", *words]

    def run(self, *command, check=True, environment=(), beside=False):
        """Output and errors together. beside: another command is running in it (systemd-nspawn allows one at a time)."""
        settings = [f"--setenv={each}" for each in ("DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", *environment)]
        if self.container:
            command = ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--pid", "--root", "env", "--chdir=/", "DEBIAN_FRONTEND=noninteractive",
                       "LC_ALL=C.UTF-8", *environment, *command]
        elif beside:
            command = ["chroot", self.path, *command]
        else:
            command = self.nspawn("--pipe", "--as-pid2", *settings, "--", *command)
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False)
        # systemd-nspawn's own remark at its end, where /run is on a disk
        done.stdout = re.sub(r"^Attempted to remove disk file system .*\n?", "", done.stdout, flags=re.M)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(map(str, command[-6:]))}: status {done.returncode}\n" + "\n".join(done.stdout.splitlines()[-25:]))
        return done

    def apt(self, *words, check=True):
        return self.run("apt-get", "-qq", "-y", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends", *words, check=check)

    # ---- booted: its own systemd as PID 1

    def boot(self):
        self.container = subprocess.Popen(self.nspawn("--boot", "--console=pipe"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                          stderr=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            children = pathlib.Path(f"/proc/{self.container.pid}/task/{self.container.pid}/children").read_text().split()
            if children:
                self.leader = int(children[0])
                state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
                if state in ("running", "degraded"):
                    return
            if self.container.poll() is not None:
                break
            time.sleep(0.2)
        raise CannotBeHad("systemd does not come up in a container here")

    def power_off(self):
        if self.container and self.container.poll() is None:
            self.container.send_signal(signal.SIGTERM)  # nspawn tells the system to end
            try:
                self.container.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.container.pid, signal.SIGKILL)
                self.container.wait()
        self.container = None
