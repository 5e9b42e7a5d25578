#!/usr/bin/env python3
"""A node of Traversal Learning, written from docs/reference/protocol.md alone: it shares no line with the C# node.

It holds the samples of one folder (IDX files, named as those of MNIST), joins an orchestrator and takes part until it is told to stop.

    python_node.py --data DIR --node_id 3 --host 127.0.0.1 --port 9000

Needs PyTorch, msgpack and lz4 (Debian: python3-torch, python3-msgpack, python3-lz4), and for the blind exchange, which is in
python_blind.py, the module cryptography (python3-cryptography). Its keys are unsigned, and it writes no model. Section numbers are those of docs/reference/protocol.md.
"""
import argparse
import gzip
import hashlib
import json
import math
import os
import random
import re
import socket
import struct
import sys
import threading
import time
from pathlib import Path

# Debian's torch multiplies with OpenBLAS, whose threads torch.set_num_threads does not reach.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import lz4.block
import msgpack
import torch
import torch.nn.functional as F

try:
    import python_blind
except ImportError:  # for want of the module cryptography: then this node takes no part in the blind exchange
    python_blind = None

# ---- section 2: frames -----------------------------------------------------------------------------------------------------

MAGIC = b"TLW1"
VERSION = 1
HEADER = struct.Struct("<4sBBHQIQ")  # without the checksum, which covers it

HELLO, WELCOME, REJECT, HEARTBEAT, SHUTDOWN = 1, 2, 3, 4, 5
INDEX_RANGE_QUERY, INDEX_RANGE, FORWARD_PASS, FORWARD_RESULT, BACKWARD, BACKWARD_RESULT, TASK_FAILED = range(16, 23)
ACTIVATION_RESULT, LOSS_PASS, LOSS_RESULT, LOCAL_TRAINING, LOCAL_RESULT = range(23, 28)
BLIND_START, BLIND_READY, KEY_QUERY, KEY_OFFERED, KEY_ROUND, KEY_AGREED, BLIND_STEP, BLIND_SUM, BLIND_APPLY, BLIND_APPLIED = range(80, 90)
BLIND_EVALUATION, BLIND_SCORES, SEAL_QUERY, SEALED_STATE, UNSEAL, BLIND_FINISH, BLIND_FINISHED = range(90, 97)
TYPES = {HELLO, WELCOME, REJECT, HEARTBEAT, SHUTDOWN, *range(INDEX_RANGE_QUERY, LOCAL_RESULT + 1), *range(BLIND_START, BLIND_FINISHED + 1)}

MAX_HANDSHAKE_METADATA = 1 << 20
MAX_METADATA = 1 << 16
MAX_PAYLOAD = 2_147_483_591
HANDSHAKE_SECONDS = 10


class Refused(Exception):
    """The peer broke the protocol, or the connection broke: hang up and try again."""


class GiveUp(Exception):
    """Trying again is pointless."""


def make_crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC_TABLE = make_crc_table()


def crc32c(data, crc=0):
    """CRC-32C of the bytes; give the result of the bytes before to go on from it."""
    crc ^= 0xFFFFFFFF
    table = CRC_TABLE
    for byte in memoryview(data).cast("B"):
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


# ---- section 3: metadata ---------------------------------------------------------------------------------------------------


def depth_of(value):
    if isinstance(value, (msgpack.ExtType, msgpack.Timestamp)):
        raise Refused("an extension type in the metadata")
    if type(value) is Pairs:
        return 1 + max((depth_of(part) for pair in value for part in pair), default=0)
    if type(value) is list:
        return 1 + max(map(depth_of, value), default=0)
    return 1


class Pairs(list):
    """A map as the pairs that it was written in, doubled ones and all."""


def parse_metadata(data):
    try:
        pairs = msgpack.unpackb(data, raw=False, strict_map_key=False, object_pairs_hook=Pairs)
    except Exception as e:  # msgpack has many exceptions for bad input, some of them plain ValueErrors
        raise Refused(f"bad metadata: {e}") from e
    if type(pairs) is not Pairs or len(pairs) > 32 or max((depth_of(value) for _, value in pairs), default=0) > 6:
        raise Refused("the metadata is no map, has too many pairs or nests too deeply")
    if any(type(key) is not str for key, _ in pairs) or len({key for key, _ in pairs}) != len(pairs):
        raise Refused("a key of the metadata is doubled or is no text")
    return dict(pairs)


def an_int(value, low=0, high=2**31 - 1):
    if type(value) is not int or not low <= value <= high:
        raise Refused(f"{value!r} is no integer from {low} to {high}")
    return value


def a_float(value):
    if type(value) not in (int, float):
        raise Refused(f"{value!r} is no number")
    return float(value)


def a_text(value, limit):
    if type(value) is not str or len(value.encode()) > limit:
        raise Refused(f"a text of at most {limit} bytes is missing")
    return value


# ---- section 4: tensors ----------------------------------------------------------------------------------------------------

DTYPES = {1: (torch.float32, 4), 2: (torch.float64, 8), 3: (torch.int32, 4), 4: (torch.uint8, 1), 5: (torch.int64, 8)}
NUMBER_OF = {dtype: number for number, (dtype, _) in DTYPES.items()}


class Descriptor:
    def __init__(self, parts):
        if type(parts) is not list or len(parts) != 6:
            raise Refused("a tensor descriptor is no array of six")
        self.name = a_text(parts[0], 64)
        if an_int(parts[1]) not in DTYPES:
            raise Refused("an unknown element type")
        self.dtype, size = DTYPES[parts[1]]
        if type(parts[2]) is not list or len(parts[2]) > 8:
            raise Refused("a bad shape")
        self.shape = [an_int(side, 0, MAX_PAYLOAD) for side in parts[2]]
        self.raw = math.prod(self.shape) * size
        self.lz4 = an_int(parts[3], 0, 1) == 1
        self.wire = an_int(parts[4], 0, MAX_PAYLOAD)
        self.checksum = None if parts[5] is None else an_int(parts[5], 0, 2**32 - 1)
        if self.raw > MAX_PAYLOAD or not (0 < self.wire < self.raw <= 255 * self.wire + 255 if self.lz4 else self.wire == self.raw):
            raise Refused("a tensor's lengths contradict each other")

    def decode(self, data):
        if self.checksum is not None and crc32c(data) != self.checksum:
            raise Refused(f"the checksum of '{self.name}' does not match")
        if self.lz4:
            try:
                data = lz4.block.decompress(bytes(data), uncompressed_size=self.raw)
            except lz4.block.LZ4BlockError as e:
                raise Refused(f"'{self.name}' does not decode: {e}") from e
            if len(data) != self.raw:
                raise Refused(f"'{self.name}' decodes to {len(data)} bytes, not {self.raw}")
        if self.raw == 0:
            return torch.empty(self.shape, dtype=self.dtype)
        return torch.frombuffer(bytearray(data), dtype=self.dtype).reshape(self.shape)


def parse_descriptors(fields, payload):
    tensors = fields.pop("tensors", [])
    if type(tensors) is not list or len(tensors) > 16:
        raise Refused("'tensors' is no array of at most 16")
    descriptors = [Descriptor(parts) for parts in tensors]
    if sum(d.wire for d in descriptors) != payload:
        raise Refused("the tensors' lengths do not add up to the payload's")
    return descriptors


# ---- the connection --------------------------------------------------------------------------------------------------------


class Link:
    """One connection: frames in and out. Two threads may send; one receives."""

    def __init__(self, sock, options):
        self.sock = sock
        self.options = options
        self.sending = threading.Lock()
        self.lz4_sent = self.lz4_received = 0
        self.timeout = HANDSHAKE_SECONDS  # how long one wait for bytes may take
        self.deadline = time.monotonic() + HANDSHAKE_SECONDS  # of the handshake; None behind it
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def patience(self):
        left = self.timeout if self.deadline is None else min(self.timeout, self.deadline - time.monotonic())
        if left <= 0:
            raise Refused("the handshake takes too long")
        return left

    def receive_exactly(self, count):
        data = bytearray()
        while len(data) < count:
            self.sock.settimeout(self.patience())
            piece = self.sock.recv(min(count - len(data), 1 << 20))
            if not piece:
                raise Refused("the orchestrator hung up")
            data += piece
        return data

    def receive(self, max_metadata=MAX_METADATA, max_payload=MAX_PAYLOAD):
        """(type, request id, fields, descriptors); the payload is still to be received."""
        head = self.receive_exactly(HEADER.size + 4)
        magic, version, kind, flags, request, metadata_length, payload_length = HEADER.unpack_from(head)
        if magic != MAGIC or version != VERSION or kind not in TYPES or flags != 0:
            raise Refused("this is no frame of version 1")
        if not 0 < metadata_length <= max_metadata or payload_length > max_payload:
            raise Refused("a frame over the limit")
        metadata = self.receive_exactly(metadata_length)
        if crc32c(metadata, crc32c(head[: HEADER.size])) != struct.unpack_from("<I", head, HEADER.size)[0]:
            raise Refused("the checksum of a frame does not match")
        fields = parse_metadata(bytes(metadata))
        return kind, request, fields, parse_descriptors(fields, payload_length)

    def receive_tensors(self, descriptors, *expected):
        """The payload, where it has exactly the tensors (name, dtype, shape; a side of None is any) that are expected."""
        if len(descriptors) != len(expected):
            raise Refused("another number of tensors than expected")
        for have, (name, dtype, shape) in zip(descriptors, expected):
            fits = len(have.shape) == len(shape) and all(want in (None, side) for side, want in zip(have.shape, shape))
            if have.name != name or have.dtype != dtype or not fits:
                raise Refused(f"'{have.name}' {have.dtype} {have.shape} where '{name}' {dtype} {shape} is expected")
        self.lz4_received += sum(d.lz4 for d in descriptors)
        return [d.decode(self.receive_exactly(d.wire)) for d in descriptors]

    def skip(self, descriptors):
        for d in descriptors:
            self.receive_exactly(d.wire)

    def send(self, kind, request, fields, tensors=()):
        descriptors, payload = [], []
        for name, tensor in tensors:
            raw = tensor.detach().contiguous().numpy().tobytes()
            data, encoding = raw, 0
            if self.options.compression == "lz4" and len(raw) >= 4096:
                packed = lz4.block.compress(raw, store_size=False)
                if 0 < len(packed) < len(raw):
                    data, encoding = packed, 1
                    self.lz4_sent += 1
            checksum = None if self.options.no_checksums else crc32c(data)
            descriptors.append([name, NUMBER_OF[tensor.dtype], list(tensor.shape), encoding, len(data), checksum])
            payload.append(data)
        if descriptors:
            fields = {**fields, "tensors": descriptors}
        metadata = msgpack.packb(fields, use_bin_type=True)
        head = HEADER.pack(MAGIC, VERSION, kind, 0, request, len(metadata), sum(map(len, payload)))
        checksum = struct.pack("<I", crc32c(metadata, crc32c(head)))
        with self.sending:
            for part in (head + checksum + metadata, *payload):
                rest = memoryview(part)
                while rest:  # not sendall: its time limit is for the whole, ours for a peer that takes nothing
                    rest = rest[self.sock.send(rest):]

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


# ---- section 7: the model --------------------------------------------------------------------------------------------------

CONVOLUTION = {"in", "out", "kernel", "stride", "padding", "bias"}
LAYER_KEYS = {
    "linear": {"in", "out", "bias"}, "conv1d": CONVOLUTION, "conv2d": CONVOLUTION, "group_norm": {"groups", "channels"}, "layer_norm": {"size"},
    "relu": set(), "gelu": set(), "tanh": set(), "max_pool1d": {"kernel"}, "max_pool2d": {"kernel"}, "avg_pool2d": {"kernel"},
    "adaptive_avg_pool2d": {"size"}, "global_mean": set(), "flatten": set(), "transpose": set(), "lstm": {"in", "hidden"},
    "residual": {"body", "shortcut", "relu"}}


def lstm(x, input_weight, hidden_weight, input_bias, hidden_bias):
    hidden = cell = x.new_zeros(len(x), hidden_weight.shape[1])
    for step in x.unbind(1):
        gates = F.linear(step, input_weight, input_bias) + F.linear(hidden, hidden_weight, hidden_bias)
        enter, forget, new, leave = gates.chunk(4, 1)
        cell = forget.sigmoid() * cell + enter.sigmoid() * new.tanh()
        hidden = leave.sigmoid() * cell.tanh()
    return hidden


def build(layer):
    """What a layer does to (x, *parameters), and the shapes of its parameters."""
    kind = layer["type"]
    if kind not in LAYER_KEYS or set(layer) - {"type", "name"} - LAYER_KEYS[kind]:
        raise GiveUp(f"layer {layer} has a type or a key that is unknown here")
    if kind in ("linear", "conv1d", "conv2d"):
        kernel = {"linear": [], "conv1d": [layer.get("kernel")], "conv2d": [layer.get("kernel")] * 2}[kind]
        options = [] if kind == "linear" else [layer.get("stride", 1), layer.get("padding", 0)]
        function = getattr(F, kind)
        shapes = [[layer["out"], layer["in"], *kernel]] + ([[layer["out"]]] if layer.get("bias", True) else [])
        return lambda x, weight, bias=None: function(x, weight, bias, *options), shapes
    if kind == "group_norm":
        return lambda x, weight, bias: F.group_norm(x, layer["groups"], weight, bias), [[layer["channels"]]] * 2
    if kind == "layer_norm":
        return lambda x, weight, bias: F.layer_norm(x, [layer["size"]], weight, bias), [[layer["size"]]] * 2
    if kind == "lstm":
        gates = 4 * layer["hidden"]
        return lstm, [[gates, layer["in"]], [gates, layer["hidden"]], [gates], [gates]]
    if kind == "residual":
        return residual(layer)
    if kind in ("max_pool1d", "max_pool2d", "avg_pool2d"):
        return lambda x: getattr(F, kind)(x, layer["kernel"]), []
    return {
        "relu": F.relu, "gelu": F.gelu, "tanh": torch.tanh, "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x, layer["size"]),
        "global_mean": lambda x: x.flatten(2).mean(2), "flatten": lambda x: x.flatten(1), "transpose": lambda x: x.transpose(1, 2)}[kind], []


def residual(layer):
    body, around = [[build(inner) for inner in layer.get(part, [])] for part in ("body", "shortcut")]

    def function(x, *parameters):
        left = list(parameters)

        def run(layers, y):
            for inner, shapes in layers:
                y = inner(y, *[left.pop(0) for _ in shapes])
            return y

        total = run(body, x) + run(around, x)
        return F.relu(total) if layer.get("relu", False) else total

    return function, [shape for _, shapes in body + around for shape in shapes]


class Model:
    """The layers as functions over slices of one flat tensor of parameters."""

    def __init__(self, text, cut):
        description = json.loads(text, object_pairs_hook=self.distinct)
        if set(description) != {"name", "input_shape", "class_count", "layers"}:
            raise GiveUp("the model has keys that are unknown here")
        self.input_shape = description["input_shape"]
        self.classes = description["class_count"]
        self.layers = []  # (function of (x, *parameters), their shapes, where they begin)
        offset = 0
        for at, layer in enumerate(description["layers"]):
            function, shapes = build(layer)
            self.layers.append((function, shapes, offset))
            offset += sum(math.prod(shape) for shape in shapes)
            if at + 1 == cut:
                self.front_count = offset
        self.count = offset
        if not 1 <= cut <= len(self.layers):
            raise GiveUp("the cut is not in the model")
        self.cut = cut

    @staticmethod
    def distinct(pairs):
        if len({key for key, _ in pairs}) != len(pairs):
            raise GiveUp("the model has a doubled key")
        return dict(pairs)

    def run(self, x, parameters, first, last):
        """Layers first to last - 1; parameters are those of the whole model up to the last of these layers at least."""
        for function, shapes, offset in self.layers[first:last]:
            own = []
            for shape in shapes:
                own.append(parameters[offset:offset + math.prod(shape)].view(shape))
                offset += math.prod(shape)
            x = function(x, *own)
        return x

    def front(self, x, theta_front):
        return self.run(x, theta_front, 0, self.cut)

    def rest(self, activations, theta):
        return self.run(activations, theta, self.cut, len(self.layers))


# ---- section 14: random numbers --------------------------------------------------------------------------------------------


class Generator:
    """That of a stream of a seed."""

    def __init__(self, seed, *stream):
        for number in stream:
            seed = self.mix(self.mix(seed + 0x9E3779B97F4A7C15) ^ number)
        self.s = [self.mix(seed + i * 0x9E3779B97F4A7C15) for i in (1, 2, 3, 4)]

    @staticmethod
    def mix(z):
        z &= 2**64 - 1
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
        return z ^ (z >> 31)

    @staticmethod
    def rotate(x, by):
        x %= 2**64
        return (x << by | x >> (64 - by)) % 2**64

    def next(self):
        s = self.s
        result = self.rotate(s[1] * 5, 7) * 9 % 2**64
        t = (s[1] << 17) % 2**64
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = self.rotate(s[3], 45)
        return result

    def below(self, bound):
        while True:
            product = self.next() * bound
            if product % 2**64 >= 2**64 % bound:
                return product >> 64

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]


# ---- the data --------------------------------------------------------------------------------------------------------------


def read_idx(folder, name):
    path = Path(folder, name)
    data = path.read_bytes() if path.exists() else gzip.decompress(Path(folder, name + ".gz").read_bytes())
    zero, kind, dimensions = struct.unpack_from(">HBB", data)
    shape = struct.unpack_from(f">{dimensions}I", data, 4)
    if zero != 0 or kind != 8 or len(data) != 4 + 4 * dimensions + math.prod(shape):
        raise SystemExit(f"{name} in {folder} is no IDX file of bytes")
    return torch.frombuffer(bytearray(data), dtype=torch.uint8, offset=4 + 4 * dimensions).reshape(shape)


class Data:
    def __init__(self, folder):
        self.images = read_idx(folder, "train-images-idx3-ubyte")
        self.labels = read_idx(folder, "train-labels-idx1-ubyte").long()
        if len(self.images) != len(self.labels):
            raise SystemExit("there are not as many labels as images")
        self.count, rows, columns = self.images.shape
        self.shape = [1, rows, columns]
        self.classes = int(self.labels.max()) + 1
        digest = hashlib.sha256(struct.pack("<3i", self.count, rows, columns))
        digest.update(self.images.numpy().tobytes())
        digest.update(self.labels.to(torch.uint8).numpy().tobytes())
        self.fingerprint = digest.hexdigest()


# ---- sections 8 to 11: the node --------------------------------------------------------------------------------------------


class Session:
    """What Welcome says, and the forward pass that the node holds for its backward pass."""

    def __init__(self, fields, data):
        self.name = a_text(fields.get("session"), 128)
        self.model = Model(a_text(fields.get("model"), MAX_HANDSHAKE_METADATA), an_int(fields.get("cut"), 1))
        dtypes = {"float32": torch.float32, "float64": torch.float64}
        self.exchange = a_text(fields.get("exchange"), 32)
        if fields.get("dtype") not in dtypes or self.exchange not in ("two_phase", "one_phase", "relay", "blind"):
            raise GiveUp(f"{fields.get('dtype')!r} or {self.exchange!r} is unknown here")
        self.dtype = dtypes[fields["dtype"]]
        mean, std = a_float(fields.get("mean")), a_float(fields.get("std"))
        self.interval = an_int(fields.get("heartbeat_interval_ms"), 1, 86_400_000) / 1000
        self.timeout = an_int(fields.get("heartbeat_timeout_ms"), 1, 86_400_000) / 1000
        if math.prod(self.model.input_shape) != math.prod(data.shape) or self.model.classes < data.classes:
            raise GiveUp("the samples do not fit the model")
        self.x = ((data.images.to(self.dtype) / 255 - mean) / std).reshape(data.count, *self.model.input_shape)
        self.held = None  # (epoch, batch, θ_N, A, labels)
        self.blind = None  # the node's part in a run of the blind exchange


class Node:
    def __init__(self, options):
        self.options = options
        self.data = Data(options.data)
        self.session = None
        self.forwards = 0
        self.met = False  # has this try seen a Welcome?

    def run(self):
        """Until Shutdown. Every failure takes the way through the wait."""
        tries, since = 0, time.monotonic()
        while True:
            time.sleep(min(10, 0.1 * 2 ** min(tries, 10)) * random.uniform(0.5, 1))
            self.met = False
            try:
                self.connect_and_serve()
                return
            except (Refused, OSError) as e:
                print(f"node {self.options.node_id}: {e or type(e).__name__}", file=sys.stderr, flush=True)
            tries = 0 if self.met else tries + 1
            since = time.monotonic() if self.met else since
            if time.monotonic() - since > self.options.give_up:
                raise GiveUp(f"no orchestrator for {self.options.give_up} s")

    def connect_and_serve(self):
        sock = socket.create_connection((self.options.host, self.options.port), timeout=10)
        link = Link(sock, self.options)
        stop = threading.Event()
        beat = None
        try:
            self.shake_hands(link)
            beat = threading.Thread(target=self.keep_beating, args=(link, stop))
            beat.start()
            self.serve(link)
        finally:
            stop.set()
            link.close()
            if beat:
                beat.join()

    def shake_hands(self, link):
        data = self.data
        link.sock.settimeout(link.patience())
        link.send(HELLO, 0, {
            "node_id": self.options.node_id, "sample_count": data.count, "sample_shape": data.shape, "sample_type": "uint8", "class_count": data.classes,
            "fingerprint": data.fingerprint, "capabilities": self.capabilities(), "software": "python_node 1"})
        kind, _, fields, _ = link.receive(MAX_HANDSHAKE_METADATA, 0)
        if kind == REJECT:
            reason = f"rejected: {a_text(fields.get('code'), 64)}: {a_text(fields.get('text'), 1024)}"
            raise GiveUp(reason) if an_int(fields.get("final"), 0, 1) else Refused(reason)
        if kind != WELCOME:
            raise Refused(f"message {kind} where Welcome is expected")
        self.met = True
        session = Session(fields, data)
        if self.session and self.session.name == session.name:
            session.held, session.blind = self.session.held, self.session.blind  # the connection broke, the run goes on
        elif session.exchange == "blind":
            session.blind = python_blind.Member(self.options.node_id, session, data.labels, Generator, self.options.allow_reveal == "end")
        self.session = session
        link.deadline, link.timeout = None, session.timeout
        link.sock.settimeout(session.timeout)

    def capabilities(self):
        return ",".join(["local_training"] + ["lz4"] * (self.options.compression == "lz4") + ["blind"] * (python_blind is not None))

    def keep_beating(self, link, stop):
        while not stop.wait(self.session.interval):
            try:
                link.send(HEARTBEAT, 0, {})
            except OSError:
                link.close()  # whoever receives notices
                return

    def serve(self, link):
        while True:
            kind, request, fields, descriptors = link.receive()
            if kind == SHUTDOWN:
                counts = f"{self.forwards} forward passes, lz4 tensors: {link.lz4_sent} sent, {link.lz4_received} received"
                print(f"node {self.options.node_id}: {a_text(fields.get('reason'), 1024)} ({counts})", flush=True)
                return
            if kind == HEARTBEAT:
                link.receive_tensors(descriptors)
            elif kind == INDEX_RANGE_QUERY:
                link.receive_tensors(descriptors)
                link.send(INDEX_RANGE, request, {"count": self.data.count})
            elif kind == FORWARD_PASS:
                self.forward(link, request, fields, descriptors)
            elif kind == LOSS_PASS and self.session.exchange == "relay":
                self.loss(link, request, fields, descriptors)
            elif kind == LOCAL_TRAINING and self.session.exchange != "relay":
                self.train(link, request, fields, descriptors)
            elif kind == BACKWARD:
                self.backward(link, request, fields, descriptors)
            elif self.session.blind and kind in self.BLIND:
                self.take_part(link, kind, request, fields, descriptors)
            else:
                raise Refused(f"message {kind} is not for a node")

    def forward(self, link, request, fields, descriptors):
        s = self.session
        step = {key: an_int(fields.get(key)) for key in ("epoch", "batch", "attempt")}
        batch_rows = an_int(fields.get("batch_rows"), 1)
        relay = s.exchange == "relay"
        count = s.model.front_count if relay else s.model.count
        indices, theta = link.receive_tensors(descriptors, ("indices", torch.int32, [None]), ("params", s.dtype, [count]))
        rows = indices.long()
        if not 1 <= len(rows) <= self.data.count or int(rows.min()) < 0 or int(rows.max()) >= self.data.count:
            raise Refused("indices out of range")
        x, y = s.x[rows], self.data.labels[rows]

        s.held = None
        start = time.perf_counter()
        try:
            theta_front = theta[:s.model.front_count].clone().requires_grad_()
            activations = s.model.front(x, theta_front)
            one_phase = s.exchange == "one_phase"
            if not relay:
                with torch.set_grad_enabled(one_phase):
                    logits = s.model.rest(activations, theta)
                losses, logit_grads = self.losses(logits, y)
            if not one_phase:
                s.held = step["epoch"], step["batch"], theta_front, activations, y
        except RuntimeError as e:  # PyTorch's: the shapes were checked, so most likely memory
            link.send(TASK_FAILED, request, {"code": "computation", "text": str(e)[:1000]})
            return
        compute_us = int((time.perf_counter() - start) * 1e6)
        if relay:
            link.send(ACTIVATION_RESULT, request, {**step, "compute_us": compute_us}, [("activations", activations)])
        else:
            link.send(FORWARD_RESULT, request, {**step, **losses, "compute_us": compute_us}, [("activations", activations), ("logit_grads", logit_grads)])

        if one_phase:
            # Only now: the orchestrator computes its half meanwhile.
            self.reply_gradient(link, request, step, logits, theta_front, logit_grads / batch_rows)

        self.forwards += 1
        if self.forwards == self.options.restart_at:
            self.session = None  # what a restarted process knows
            raise Refused("as if restarted here")
        if self.forwards == self.options.drop_at:
            raise Refused("as if the connection broke here")

    def train(self, link, request, fields, descriptors):
        s, count = self.session, self.data.count
        step = {key: an_int(fields.get(key)) for key in ("epoch", "batch", "attempt")}
        epochs, batch_size = an_int(fields.get("epochs"), 1), an_int(fields.get("batch_size"), 1)
        seed = a_text(fields.get("seed"), 16)
        if not re.fullmatch("[0-9a-f]{16}", seed):
            raise Refused("the seed is no 16 hexadecimal digits")
        options = {key: a_float(fields.get(key)) for key in ("lr", "momentum", "weight_decay", "clip_grad_norm", "proximal_mu")}
        nesterov = an_int(fields.get("nesterov"), 0, 1) == 1
        if min(options.values()) < 0 or not all(map(math.isfinite, options.values())):
            raise Refused("a negative number, or none")
        (start,) = link.receive_tensors(descriptors, ("params", s.dtype, [s.model.count]))
        began = time.perf_counter()
        theta = start.clone().requires_grad_()
        common = {"lr": options["lr"], "weight_decay": options["weight_decay"]}
        kinds = {
            "sgd": lambda: torch.optim.SGD([theta], momentum=options["momentum"], nesterov=nesterov, **common),
            "adadelta": lambda: torch.optim.Adadelta([theta], **common), "adam": lambda: torch.optim.Adam([theta], **common),
            "adamw": lambda: torch.optim.AdamW([theta], **common)}
        kind = a_text(fields.get("optimizer"), 32)
        if kind not in kinds:
            link.send(TASK_FAILED, request, {"code": "computation", "text": f"the optimizer '{kind}' is unknown here"})
            return
        optimizer, order = kinds[kind](), list(range(count))
        generator = Generator(int(seed, 16), step["epoch"], step["batch"], self.options.node_id)
        loss_sum, hits = 0.0, 0
        for _ in range(epochs if count else 0):
            generator.shuffle(order)
            for rows in (order[first:first + batch_size] for first in range(0, count, batch_size)):
                logits = s.model.run(s.x[rows], theta, 0, len(s.model.layers))
                loss = F.cross_entropy(logits, self.data.labels[rows])
                optimizer.zero_grad()
                loss.backward()
                theta.grad += options["proximal_mu"] * (theta.detach() - start)
                if options["clip_grad_norm"]:
                    torch.nn.utils.clip_grad_norm_([theta], options["clip_grad_norm"])
                optimizer.step()
                loss_sum += float(loss) * len(rows)
                hits += int((logits.argmax(1) == self.data.labels[rows]).sum())
        compute_us = int((time.perf_counter() - began) * 1e6)
        link.send(LOCAL_RESULT, request, {**step, "loss_sum": loss_sum, "hits": hits, "compute_us": compute_us}, [("params", theta)])

    def losses(self, logits, y):
        with torch.no_grad():
            loss_sum = float(F.cross_entropy(logits, y, reduction="sum"))
            logit_grads = F.softmax(logits, 1) - F.one_hot(y, self.session.model.classes).to(self.session.dtype)
            hits = int((logits.argmax(1) == y).sum())
        return {"loss_sum": loss_sum, "hits": hits}, logit_grads

    def held(self, link, request, fields, descriptors):
        """The step that is asked for, and what is held of it; None if that is nothing, which has been answered."""
        s = self.session
        step = {key: an_int(fields.get(key)) for key in ("epoch", "batch", "attempt")}
        if s.held is None or s.held[:2] != (step["epoch"], step["batch"]):
            link.skip(descriptors)
            link.send(TASK_FAILED, request, {"code": "no_forward", "text": "this node does not hold that forward pass"})
            return step, None
        return step, s.held[2:]

    def loss(self, link, request, fields, descriptors):
        step, held = self.held(link, request, fields, descriptors)
        if held is None:
            return
        y = held[2]
        (logits,) = link.receive_tensors(descriptors, ("logits", self.session.dtype, [len(y), self.session.model.classes]))
        start = time.perf_counter()
        losses, logit_grads = self.losses(logits, y)
        compute_us = int((time.perf_counter() - start) * 1e6)
        link.send(LOSS_RESULT, request, {**step, **losses, "compute_us": compute_us}, [("logit_grads", logit_grads)])

    def backward(self, link, request, fields, descriptors):
        s = self.session
        step, held = self.held(link, request, fields, descriptors)
        if held is None:
            return
        theta_front, activations, _ = held
        (grads,) = link.receive_tensors(descriptors, ("activation_grads", s.dtype, list(activations.shape)))
        self.reply_gradient(link, request, step, activations, theta_front, grads)

    def reply_gradient(self, link, request, step, output, theta_front, output_grads):
        start = time.perf_counter()
        param_grads = torch.autograd.grad(output, theta_front, output_grads, retain_graph=True)[0]  # the same may come again
        compute_us = int((time.perf_counter() - start) * 1e6)
        link.send(BACKWARD_RESULT, request, {**step, "compute_us": compute_us}, [("param_grads", param_grads)])

    # ---- section 16: the blind exchange ------------------------------------------------------------------------------------

    def take_part(self, link, kind, request, fields, descriptors):
        """Answers a message of the blind exchange with what the method for it gives: the reply's type, fields and tensors."""
        start = time.perf_counter()
        try:
            reply, content, tensors = self.BLIND[kind](self, link, self.session.blind, fields, descriptors)
        except python_blind.Failed as e:
            link.send(TASK_FAILED, request, {"code": e.code, "text": str(e), **({"unfit": e.unfit} if e.unfit else {})})
            return
        if reply in (BLIND_SUM, BLIND_SCORES):
            content["compute_us"] = int((time.perf_counter() - start) * 1e6)
        link.send(reply, request, content, tensors)
        self.forwards += kind == BLIND_STEP
        if kind == BLIND_STEP and self.forwards == self.options.restart_at:
            self.session = None  # what a restarted process knows
            raise Refused("as if restarted here")
        if kind == BLIND_STEP and self.forwards == self.options.drop_at:
            raise Refused("as if the connection broke here")

    @staticmethod
    def step_of(fields, prefix=""):
        return tuple(an_int(fields.get(prefix + key)) for key in ("epoch", "batch", "attempt"))

    @staticmethod
    def blobs(link, descriptors):
        return [blob.numpy().tobytes() for blob in link.receive_tensors(descriptors, *[("blob", torch.uint8, [None])] * len(descriptors))]

    @staticmethod
    def blob(data):
        return [("blob", torch.frombuffer(bytearray(data), dtype=torch.uint8))] if data else []

    @staticmethod
    def ints(fields, key, *limits):
        given = fields.get(key)
        if type(given) is not list or len(given) > 8192:
            raise Refused(f"'{key}' is no array")
        return [an_int(number, *limits) for number in given]

    def blind_start(self, link, member, fields, descriptors):
        counts, theta = link.receive_tensors(descriptors, ("counts", torch.int32, [None]), ("params", self.session.dtype, [self.session.model.count]))
        member.start(a_text(fields.get("terms"), 32768), counts.tolist(), theta.numpy())
        return BLIND_READY, member.ready(), []

    def key_query(self, link, member, fields, descriptors):
        link.receive_tensors(descriptors)
        offer = member.offer()
        return KEY_OFFERED, {"group_key": member.known.id if member.known else ""}, self.blob(offer)

    def key_round(self, link, member, fields, descriptors):
        roster, *share = self.blobs(link, descriptors)
        agreed, shares = member.agree(an_int(fields.get("maker"), 1), roster, b"".join(share))
        return KEY_AGREED, agreed, self.blob(shares)

    def apply_sum(self, link, member, fields, descriptors):
        step = self.step_of(fields, "applied_")
        if step[0] == 0:
            link.receive_tensors(descriptors)
        elif not member.given:
            link.skip(descriptors)
        else:
            integers = torch.int64 if member.terms.bits == 64 else torch.int32
            (words,) = link.receive_tensors(descriptors, ("sum", integers, [self.session.model.count + 3]))
            member.apply(step, self.ints(fields, "applied_headroom", 0, 2048), self.step_of(fields, "after_"), words.numpy())

    def blind_step(self, link, member, fields, descriptors):
        step, participants = self.step_of(fields), self.ints(fields, "participants")
        self.apply_sum(link, member, fields, descriptors)
        agreement = member.agreement() if an_int(fields.get("agree"), 0, 1) else ""
        part = member.step(step, participants, self.ints(fields, "headroom", 0, 2048))
        tensors = [] if part is None else list(zip(("sum", "figures"), map(torch.from_numpy, part)))
        return BLIND_SUM, {**python_blind.at(step), "agreement": agreement}, tensors

    def blind_apply(self, link, member, fields, descriptors):
        self.apply_sum(link, member, fields, descriptors)
        member.require()
        return BLIND_APPLIED, {"agreement": member.agreement()}, []

    def blind_evaluation(self, link, member, fields, descriptors):
        link.receive_tensors(descriptors)
        step = self.step_of(fields)
        figures = member.evaluate(step, self.ints(fields, "participants"), an_int(fields.get("batch_rows"), 1))
        return BLIND_SCORES, python_blind.at(step), [("figures", torch.from_numpy(figures))]

    def seal_query(self, link, member, fields, descriptors):
        link.receive_tensors(descriptors)
        step = self.step_of(fields)
        return SEALED_STATE, python_blind.at(step), self.blob(member.seal(step))

    def unseal(self, link, member, fields, descriptors):
        (state,) = self.blobs(link, descriptors)
        member.unseal(self.step_of(fields), state)
        return BLIND_READY, member.ready(), []

    def blind_finish(self, link, member, fields, descriptors):
        consents = b"".join(self.blobs(link, descriptors))
        step = self.step_of(fields)
        theta = member.finish(step, consents)
        return BLIND_FINISHED, python_blind.at(step), [] if theta is None else [("params", torch.from_numpy(theta))]

    BLIND = {
        BLIND_START: blind_start, KEY_QUERY: key_query, KEY_ROUND: key_round, BLIND_STEP: blind_step, BLIND_APPLY: blind_apply,
        BLIND_EVALUATION: blind_evaluation, SEAL_QUERY: seal_query, UNSEAL: unseal, BLIND_FINISH: blind_finish}


def main():
    parser = argparse.ArgumentParser(description="A node of Traversal Learning in Python.")
    parser.add_argument("--data", required=True, help="folder with train-images-idx3-ubyte and train-labels-idx1-ubyte, or these with .gz")
    parser.add_argument("--node_id", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--compression", choices=("none", "lz4"), default="none", help="lz4: send and take tensors in LZ4")
    parser.add_argument("--no_checksums", action="store_true", help="leave the tensors' checksums out")
    parser.add_argument("--allow_reveal", choices=("never", "end"), default="never", help="blind: whether the orchestrator may have the model at the end")
    parser.add_argument("--give_up", type=float, default=60, help="seconds without an orchestrator after which this ends")
    parser.add_argument("--drop_at", type=int, default=0, help="for tests: break the connection behind the n-th forward reply or blind step")
    parser.add_argument("--restart_at", type=int, default=0, help="for tests: break it there and forget everything, as after a restart")
    options = parser.parse_args()
    torch.set_num_threads(1)
    try:
        Node(options).run()
    except GiveUp as e:
        print(f"node {options.node_id}: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
