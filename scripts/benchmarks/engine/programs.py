"""The programs that are measured, the models they read, and how one figure is taken."""
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import time

from engine import figures

ROOT = pathlib.Path(__file__).resolve().parents[3]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "tenon"
BIN = ROOT / "build" / "release" / "bin"
PEER_VERSION = "0.3.36"  # of llama-cpp-python


def run(command, **options):
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout[-2000:]}\n{result.stderr[-2000:]}")
    return result.stdout


def build_peer():
    """Path of llama-bench, built with the processor's own instruction sets."""
    folder = CACHE / f"peer-{PEER_VERSION}"
    binary = folder / "build" / "bin" / "llama-bench"
    if binary.exists():
        return binary
    folder.mkdir(parents=True, exist_ok=True)
    print("building the peer (a few minutes, once)", file=sys.stderr)
    run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
         "--dest", folder, f"llama-cpp-python=={PEER_VERSION}"])
    archive, = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder)
    source, = folder.glob("llama_cpp_python-*/vendor/llama.cpp")
    run(["cmake", "-G", "Ninja", "-S", source, "-B", folder / "build", "-DCMAKE_BUILD_TYPE=Release",
         "-DGGML_NATIVE=ON", "-DLLAMA_CURL=OFF", "-DLLAMA_OPENSSL=OFF", "-DLLAMA_BUILD_SERVER=OFF",
         "-DLLAMA_BUILD_TESTS=OFF"])
    run(["ninja", "-C", folder / "build", "llama-bench"])
    return binary


def source_of(model):
    """The file that `model` is requantised from."""
    smollm2 = run([ROOT / "scripts" / "fetch_model"]).strip()
    if model == "smollm2":
        return smollm2
    if model != "random":
        return model
    path = CACHE / "benchmarks" / "random-354M.BF16.gguf"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        print("writing the random model (once; needs the Python packages gguf and numpy)", file=sys.stderr)
        run([sys.executable, ROOT / "scripts" / "benchmarks" / "random_model", smollm2, path])
    return path


def model_of_type(model, dtype):
    """`model` in one storage type, made by tenon-model, so that both programs read the same bytes."""
    source = pathlib.Path(source_of(model))
    stem = source.stem.removesuffix(".BF16")
    if source.stem == f"{stem}.{dtype}" or source.stem.endswith(f".{dtype}"):
        return source
    target = CACHE / "benchmarks" / f"{stem}.{dtype}.gguf"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        run([BIN / "tenon-model", "quantize", source, target, "--type", dtype])
    return target


def types_offered():
    """What tenon-model quantize writes."""
    return figures.types_offered(run([BIN / "tenon-model", "quantize", "--help"]))


def types_to_measure():
    return [name for name in types_offered() if name != "F32"]


def processor():
    """Name and the flags that matter."""
    name, flags = "unknown", []
    for line in open("/proc/cpuinfo", encoding="utf-8"):
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
        if line.startswith("flags"):
            flags = line.split(":", 1)[1].split()
    return name, [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16") if flag in flags]


def build_facts():
    """What was measured, and where."""
    name, flags = processor()
    return {"commit": run(["git", "-C", ROOT, "describe", "--always", "--dirty", "--exclude", "*"]).strip(),
            "processor": f"{name} ({' '.join(flags)})",
            "version": run([BIN / "tenon-model", "--version"]).split("\n")[0]}


def facts(threads):
    """What every record of speed carries."""
    return {**build_facts(),
            "limits": figures.limits_of(run([BIN / "tenon-model", "bench", "--limits", "-j", threads,
                                             "--format", "jsonl"])),
            "peer": f"llama-cpp-python {PEER_VERSION}"}


class Tenon:
    """tenon-model bench and tenon-generate."""

    @staticmethod
    def passes(model, rows, threads, *, depth=0, repeat=10, logit_rows=16, limits=False):
        command = [BIN / "tenon-model", "bench", model, "--rows", ",".join(map(str, rows)), "--depth", depth,
                   "--repeat", repeat, "--logit-rows", logit_rows, "-j", threads, "--format", "jsonl"]
        return run(command + (["--limits"] if limits else []))

    @staticmethod
    def generate(model, *arguments):
        """The summary record of a run."""
        text = run([BIN / "tenon-generate", model, *arguments, "--format", "jsonl"])
        return figures.records(text, "summary")[0]

    @staticmethod
    def process(model, *arguments):
        """Wall seconds and peak bytes (VmHWM) of a whole process."""
        begin = time.perf_counter()
        child = subprocess.Popen([str(part) for part in (BIN / "tenon-generate", model, *arguments)],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        message = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(message.decode(errors="replace"))
        return seconds, usage.ru_maxrss * 1024


class Peer:
    """llama-bench."""

    def __init__(self):
        self.binary = build_peer()

    def seconds(self, model, threads, *, prompt=0, generate=0, depth=0, repeat=1, warmup=True):
        """Seconds of a prompt of so many tokens, or of one generated token."""
        command = [self.binary, "-m", model, "-t", threads, "-p", prompt, "-n", generate, "-d", depth,
                   "-r", repeat, "-o", "jsonl"] + ([] if warmup else ["--no-warmup"])
        return figures.peer_pass_seconds(run(command))[prompt, generate]


def read_seconds(path):
    """To read a file that the system holds in memory, into a buffer that stays in the cache."""
    buffer = bytearray(1 << 20)
    begin = time.perf_counter()
    with open(path, "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    return time.perf_counter() - begin


def tensor_bytes(model):
    text = run([BIN / "tenon-model", "inspect", model, "--tensors", "--format", "jsonl"])
    return sum(record["bytes"] for record in figures.records(text, "tensor"))


def write_records(path, prompts):
    with open(path, "w", encoding="utf-8") as file:
        for number, prompt in enumerate(prompts):
            file.write(json.dumps({"id": number, "prompt": prompt}) + "\n")
