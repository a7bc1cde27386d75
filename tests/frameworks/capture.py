#!/usr/bin/python3
"""Captures the pages that real frameworks show when a request fails.

    capture.py CACHE [NAME ...]
    capture.py CACHE --environment NAME ...

Every application in apps/ is run twice, in debug and in production mode, in the environment that it names, and what it
answers is written to CACHE/captures/. What is already there and up to date is left alone. See README.md.
--environment only installs environments, and prints the directory of each on a line of its own.
"""

import concurrent.futures
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SECRET = b"Zx9Secret"
PARALLEL = 2
PIP_SECONDS = 900
START_SECONDS = 90
PAGE_SECONDS = 30
# What source distributions are built with, unless their environment pins it: the newest one has
# dropped what older packages need.
BUILD_WITH = "setuptools==80.9.0"


class Failure(Exception):
    pass


# --- Processes


live = set()
live_lock = threading.Lock()
stopping = threading.Event()


def start(command, log, **how):
    """Starts a command in a process group of its own, which kill() ends as a whole."""
    with live_lock:
        if stopping.is_set():
            raise Failure("interrupted")
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                   start_new_session=True, **how)
        live.add(process)
    return process


def kill(process):
    def group(number):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)

    group(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(2)
    # Also when the leader is gone: its workers may not be.
    group(signal.SIGKILL)
    process.wait()
    with live_lock:
        live.discard(process)


def run(what, command, seconds, **how):
    """Runs a command to its end; a Failure says what it wrote last."""
    with tempfile.TemporaryFile() as log:
        process = start(command, log, **how)
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{what} took more than {seconds} s\n{tail(log)}")
        finally:
            kill(process)
        if status:
            raise Failure(f"{what} failed ({status})\n{tail(log)}")


def tail(log, lines=25):
    log.seek(0)
    text = log.read().decode(errors="replace").splitlines()
    return "\n".join("    " + line for line in text[-lines:])


@contextlib.contextmanager
def locked(cache, name):
    """Two runs may share a cache."""
    os.makedirs(os.path.join(cache, "locks"), exist_ok=True)
    with open(os.path.join(cache, "locks", name), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def without_python(environment):
    return {name: value for name, value in environment.items()
            if not name.startswith("PYTHON") and name not in ("VIRTUAL_ENV", "__PYVENV_LAUNCHER__")}


# --- Environments


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def digest(*parts):
    whole = hashlib.sha256()
    for part in parts:
        whole.update(b"%d:" % len(part) + part)
    return whole.hexdigest()[:16]


def python(cache):
    """An interpreter that sees no packages but its own pip."""
    version = "%d.%d.%d" % sys.version_info[:3]
    tool = os.path.join(cache, "tool-" + version)
    interpreter = os.path.join(tool, "bin", "python")
    ready = os.path.join(tool, "ready")
    with locked(cache, "tool"):
        if not os.path.exists(ready):
            shutil.rmtree(tool, ignore_errors=True)
            run("python3 -m venv (Debian's package python3-venv)", [sys.executable, "-m", "venv", tool], 120,
                env=without_python(os.environ))
            open(ready, "w").close()
    return interpreter


def install(cache, interpreter, name):
    """The directory with the packages of one requirements file."""
    source = os.path.join(HERE, "requirements", name + ".txt")
    try:
        wanted = read(source)
    except FileNotFoundError:
        raise Failure(f"there is no requirements/{name}.txt")
    loose = [line for line in wanted.decode().splitlines()
             if line.strip() and not re.match(r"#|[A-Za-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^\s*]+$", line)]
    if loose:
        raise Failure(f"requirements/{name}.txt: not pinned: {loose[0]}")
    envs = os.path.join(cache, "env")
    key = digest(wanted, BUILD_WITH.encode(), b"%d.%d" % sys.version_info[:2])
    target = os.path.join(envs, f"{name}-{key}")
    with locked(cache, "env-" + name):
        if os.path.isdir(target):
            return target
        os.makedirs(envs, exist_ok=True)
        for old in os.listdir(envs):
            if old.startswith(name + "-") and len(old) == len(name) + 1 + len(key):
                shutil.rmtree(os.path.join(envs, old), ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=envs) as work:
            constraint = os.path.join(work, "constraint.txt")
            pinned = re.search(rb"^setuptools==\S+$", wanted, re.M)
            with open(constraint, "w") as file:
                file.write(pinned.group().decode() if pinned else BUILD_WITH)
            partial = os.path.join(work, "target")
            # What is installed is what the file says and no more. It is compiled when it is imported:
            # most of it never is.
            run(f"pip install -r requirements/{name}.txt",
                [interpreter, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--no-input",
                 "--target", partial, "--requirement", source],
                PIP_SECONDS,
                env=without_python(os.environ) | {"PIP_CONSTRAINT": constraint, "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                                                  "PIP_ROOT_USER_ACTION": "ignore"})
            os.makedirs(partial, exist_ok=True)
            os.rename(partial, target)
    return target


# --- Applications


class App:
    """One application and what its first lines say about it."""

    def __init__(self, name):
        self.name = name
        self.path = os.path.join(HERE, "apps", name + ".py")
        self.environment = None
        # In each mode: the file to write, whether it must leak, method, path, headers
        self.pages = {"debug": [], "production": []}
        count = {"leak": 0, "harmless": 0}
        for line in read(self.path).decode().splitlines():
            match = re.match(r"# (environment|leak|harmless|harmless-debug): (.+)", line)
            if not match:
                continue
            word, rest = match.groups()
            if word == "environment":
                self.environment = rest.strip()
                continue
            page = re.fullmatch(r"(?:([A-Z]+) )?(/\S*)(?: ([A-Za-z-]+): (.+))?", rest.strip())
            if not page:
                raise Failure(f"{name}: cannot read: {line}")
            method, path, header, value = page.groups()
            kind = word.partition("-")[0]
            count[kind] += 1
            mode = "production" if word == "harmless" else "debug"
            self.pages[mode].append((f"{kind}-{count[kind]}.http", kind == "leak", method or "GET", path,
                                     {header: value} if header else {}))
        if not self.environment:
            raise Failure(f"{name}: it names no environment")
        self.count = count

    def stamp(self):
        needed = [self.path, os.path.abspath(__file__)]
        requirements = os.path.join(HERE, "requirements", self.environment + ".txt")
        if os.path.exists(requirements):
            needed.append(requirements)
        # Modules that several applications share
        needed += sorted(os.path.join(HERE, "apps", file) for file in os.listdir(os.path.join(HERE, "apps"))
                         if file.startswith("_") and file.endswith(".py"))
        return digest(b"%d.%d" % sys.version_info[:2], *map(read, needed))


ports = set()
ports_lock = threading.Lock()


def free_port():
    with ports_lock:
        while True:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            # Not one that another application has just been told and does not listen on yet
            if port not in ports:
                ports.add(port)
                return port


def capture(cache, interpreter, packages, app):
    directory = os.path.join(cache, "captures", app.name)
    stamp = app.stamp()
    with locked(cache, "app-" + app.name):
        if is_current(directory, stamp):
            return
        begin = time.monotonic()
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        wrong = []
        for mode in "debug", "production":
            if app.pages[mode]:
                for file, leaks, shown, page in serve(cache, interpreter, packages, app, mode):
                    with open(os.path.join(directory, file), "wb") as out:
                        out.write(page)
                    if leaks != (SECRET in page):
                        wrong.append(f"{mode} {shown} " + ("has no secret" if leaks else "has a secret") + f": {file}")
        if wrong:
            raise Failure("; ".join(wrong) + f" (in {directory})")
        with open(os.path.join(directory, "stamp"), "w") as out:
            out.write(stamp)
    print(f"{app.name}: {app.count['leak']} leaking, {app.count['harmless']} harmless, "
          f"{time.monotonic() - begin:.1f} s", flush=True)


def is_current(directory, stamp):
    try:
        return read(directory, "stamp").decode() == stamp
    except FileNotFoundError:
        return False


def serve(cache, interpreter, packages, app, mode):
    """Runs the application in one mode; yields its pages."""
    port = free_port()
    os.makedirs(os.path.join(cache, "work"), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=app.name + "-", dir=os.path.join(cache, "work")) as work, \
            tempfile.TemporaryFile() as log:
        environment = {"PATH": os.path.join(packages, "bin") + ":/usr/local/bin:/usr/bin:/bin", "HOME": work,
                       "TMPDIR": work, "LANG": "C.UTF-8", "PYTHONPATH": packages,
                       "PYTHONPYCACHEPREFIX": os.path.join(packages or work, ".pycache")}
        if not packages:
            del environment["PYTHONPATH"]
        process = start([interpreter, app.path, str(port), mode], log, cwd=work, env=environment)
        try:
            deadline = time.monotonic() + START_SECONDS
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    pass
                if process.poll() is not None:
                    raise Failure(f"in {mode} mode it ended ({process.returncode})\n{tail(log)}")
                if time.monotonic() > deadline:
                    raise Failure(f"in {mode} mode it does not listen after {START_SECONDS} s\n{tail(log)}")
                time.sleep(0.05)
            for file, leaks, method, path, headers in app.pages[mode]:
                shown = " ".join([method, path] + [f"{name}: {value}" for name, value in headers.items()])
                try:
                    page = fetch(port, method, path, headers)
                except (OSError, ValueError) as error:
                    raise Failure(f"{mode} {shown}: {error}\n{tail(log)}")
                yield file, leaks, shown, page
        finally:
            kill(process)
            with ports_lock:
                ports.discard(port)


def fetch(port, method, path, headers):
    """One request; the answer as it came, but for the chunks. A body that breaks off is kept as far as it goes."""
    wanted = {"Host": f"127.0.0.1:{port}", "User-Agent": "capture", "Accept": "*/*"} | headers
    if method not in ("GET", "HEAD"):
        wanted["Content-Length"] = "0"
    wanted["Connection"] = "close"
    lines = [f"{method} {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in wanted.items()]
    with socket.create_connection(("127.0.0.1", port), PAGE_SECONDS) as connection:
        connection.sendall("\r\n".join(lines + ["", ""]).encode())
        stream = connection.makefile("rb")
        while True:
            status = stream.readline().rstrip(b"\r\n")
            if not re.match(rb"HTTP/1\.[01] \d\d\d", status):
                raise ValueError(f"not an answer: {status[:60]!r}")
            head = []
            while line := stream.readline().rstrip(b"\r\n"):
                head.append(line)
            if not status[9:10] == b"1":
                break
        field = {}
        for line in head:
            name, _, value = line.partition(b":")
            field[name.lower()] = value.strip()
        chunked = field.get(b"transfer-encoding", b"").lower() == b"chunked"
        if chunked:
            head = [line for line in head if not line.lower().startswith(b"transfer-encoding:")]
        body = b""
        with contextlib.suppress(ConnectionError):
            for part in parts(stream, chunked, field.get(b"content-length")):
                body += part
    return b"\r\n".join([status, *head, b"", body])


def parts(stream, chunked, length):
    if chunked:
        while size := int(stream.readline().partition(b";")[0].strip() or b"0", 16):
            yield from pieces(stream, size)
            stream.readline()
    else:
        yield from pieces(stream, float("inf") if length is None else int(length))


def pieces(stream, size):
    while size > 0 and (piece := stream.read1(min(size, 65536))):
        size -= len(piece)
        yield piece


# --- All of them


def clean(cache, apps):
    """Removes what belongs to applications and environments that are no more."""
    names = {app.name for app in apps}
    kept = {app.environment for app in apps}
    for directory, wanted, name_of in (("captures", names, lambda entry: entry),
                                       ("env", kept, lambda entry: entry.rpartition("-")[0])):
        path = os.path.join(cache, directory)
        for entry in os.listdir(path) if os.path.isdir(path) else []:
            if not entry.startswith(".") and name_of(entry) not in wanted:
                shutil.rmtree(os.path.join(path, entry), ignore_errors=True)


def environments(cache, names):
    try:
        interpreter = python(cache)
        for name in names:
            print(install(cache, interpreter, name))
    except (Failure, KeyboardInterrupt) as error:
        print(f"capture.py: {str(error) or 'interrupted'}", file=sys.stderr)
        return 1
    return 0


def main(arguments):
    if not arguments or arguments[0].startswith("-") or arguments[1:] == ["--environment"]:
        print(__doc__, file=sys.stderr)
        return 2

    def interrupted(number, frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupted)
    cache = os.path.abspath(arguments[0])
    os.makedirs(cache, exist_ok=True)
    if arguments[1:2] == ["--environment"]:
        return environments(cache, arguments[2:])
    known = sorted(file[:-3] for file in os.listdir(os.path.join(HERE, "apps"))
                   if file.endswith(".py") and not file.startswith("_"))
    unknown = [name for name in arguments[1:] if name not in known]
    if unknown:
        print(f"capture.py: there is no apps/{unknown[0]}.py", file=sys.stderr)
        return 1
    failures = []
    apps = []
    for name in arguments[1:] or known:
        try:
            apps.append(App(name))
        except Failure as failure:
            failures.append(str(failure))
    if not arguments[1:] and not failures:
        clean(cache, apps)
    apps = [app for app in apps if not is_current(os.path.join(cache, "captures", app.name), app.stamp())]

    def together(environment):
        # One after the other, since they wait for the same packages
        try:
            packages = "" if environment == "none" else install(cache, interpreter, environment)
        except Failure as failure:
            failures.append(f"environment {environment}: {failure}")
            return
        for app in apps:
            if app.environment == environment:
                try:
                    capture(cache, interpreter, packages, app)
                except Failure as failure:
                    failures.append(f"{app.name}: {failure}")

    stopped = None
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        try:
            if apps:
                interpreter = python(cache)
                for done in concurrent.futures.as_completed(
                        [pool.submit(together, name) for name in dict.fromkeys(app.environment for app in apps)]):
                    done.result()
        except BaseException as error:
            stopping.set()
            pool.shutdown(wait=False, cancel_futures=True)
            with live_lock:
                left = list(live)
            for process in left:
                kill(process)
            if not isinstance(error, (Failure, KeyboardInterrupt)):
                raise
            stopped = str(error) or "interrupted"
    if stopped:
        # The others failed only because of this.
        failures = [stopped]
    for failure in failures:
        print(f"capture.py: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
