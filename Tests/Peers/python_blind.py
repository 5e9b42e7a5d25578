"""The blind exchange of python_node.py: plan, scale, keys, masks and optimizers, as docs/reference/protocol.md describes them.

Needs the module cryptography (Debian: python3-cryptography) and numpy. Section numbers are those of docs/reference/protocol.md.
"""
import hashlib
import hmac
import json
import os
import re
import struct

import numpy as np
import torch
import torch.nn.functional as F
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

GRADIENT, FIGURES, EVALUATION = 1, 2, 3  # what a mask is for
START = (0, 0, 0)  # the step before the first
PRIME = 2**61 - 1
SEGMENT = 64 * 2**20
SPKI = bytes.fromhex("3059301306072A8648CE3D020106082A8648CE3D03010703420004")


class Failed(Exception):
    """A task that this node does not do now."""

    def __init__(self, code, text, unfit=()):
        super().__init__(text)
        self.code, self.unfit = code, list(unfit)


def i32(*values):
    return struct.pack(f"<{len(values)}i", *values)


# ---- section 17: keys and masks --------------------------------------------------------------------------------------------


def extract(salt, secret):
    return hmac.new(salt or bytes(32), secret, hashlib.sha256).digest()


def expand(secret, info, length):
    out, block, n = b"", b"", 1
    while len(out) < length:
        block = hmac.new(secret, block + info + bytes([n]), hashlib.sha256).digest()
        out, n = out + block, n + 1
    return out[:length]


def keystream(key, like):
    """A mask of the length and the words of a vector."""
    encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    return np.frombuffer(encryptor.update(bytes(like.nbytes)), like.dtype)


def opened(key, nonce, text, associated, what):
    try:
        return AESGCM(key).decrypt(nonce, bytes(text), associated)
    except InvalidTag as e:
        raise Failed("computation", f"{what} is not authentic") from e


class GroupKey:
    """The run's key, which the orchestrator does not have."""

    def __init__(self, run, key):
        self.run, self.key = run.encode(), key
        self.id = self.derive(b"TLW1 group id", 16).hex()

    def derive(self, purpose, length, salt=b""):
        return expand(extract(salt, self.key), purpose + self.run, length)

    def hash(self, label, data):
        key = self.derive(b"TLW1 group auth" + i32(len(label.encode())) + label.encode(), 32)
        return hmac.new(key, data, hashlib.sha256).digest()

    def seal(self, content):
        salt = os.urandom(32)
        cipher, count = AESGCM(self.derive(b"TLW1 group seal", 32, salt)), max(1, -(-len(content) // SEGMENT))
        parts = (cipher.encrypt(self.nonce(i, count), content[i * SEGMENT:(i + 1) * SEGMENT], self.run) for i in range(count))
        return salt + b"".join(parts)

    def open(self, text):
        salt, text = bytes(text[:32]), text[32:]
        key, each = self.derive(b"TLW1 group seal", 32, salt), SEGMENT + 16
        count = max(1, -(-len(text) // each))
        return b"".join(opened(key, self.nonce(i, count), text[i * each:(i + 1) * each], self.run, "the sealed state") for i in range(count))

    @staticmethod
    def nonce(i, count):
        return i32(i) + bytes(7) + bytes([i == count - 1])


class Keys:
    """A node's keys of one key epoch, unsigned."""

    def __init__(self, node_id, run):
        self.node_id, self.run, self.group, self.id = node_id, run, None, ""
        self.own = ec.generate_private_key(ec.SECP256R1())
        public = self.own.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.offer = i32(node_id) + public + b"\0" + b"\0\0"

    def agree(self, maker, roster, share, known):
        """Ends the agreement; from the maker the run's key, wrapped for each other node."""
        offers = self.parse(roster)
        if offers.get(self.node_id) != self.offer or maker not in offers:
            raise Failed("computation", "the orchestrator passed on another public key than this node's own")
        run = self.run.encode()
        transcript = hashlib.sha256(b"TLW1 key roster" + i32(len(run)) + run + roster).digest()
        self.pairs = {}
        for node, offer in offers.items():
            if node != self.node_id:
                public = serialization.load_der_public_key(offer[4:95])
                self.pairs[node] = extract(transcript, self.own.exchange(ec.ECDH(), public))
        shares = b""
        if maker == self.node_id:
            key = known.key if known else os.urandom(32)
            for node in self.pairs:
                nonce = os.urandom(12)
                shares += nonce + AESGCM(self.wrapping(self.node_id, node)).encrypt(nonce, key, run)
        else:
            key = opened(self.wrapping(maker, self.node_id), share[:12], share[12:], run, "the run's key")
        self.group = GroupKey(self.run, key)
        if known and known.id != self.group.id:
            raise Failed("computation", "this node has another key of this run than the other nodes")
        self.secret, self.id = extract(transcript, key), transcript.hex()
        places = sorted(offers, key=lambda node: hashlib.sha256(transcript + i32(node)).digest())
        self.place = {node: at for at, node in enumerate(places)}
        return shares

    @staticmethod
    def parse(roster):
        """Offers by node, in the order of the ids."""
        offers, at = {}, 4
        for _ in range(struct.unpack_from("<i", roster)[0]):
            length = struct.unpack_from("<i", roster, at)[0]
            offer = roster[at + 4:at + 4 + length]
            node, at = struct.unpack_from("<i", offer)[0], at + 4 + length
            if len(offer) < 98 or not offer[4:].startswith(SPKI) or node <= max(offers, default=0):
                raise Failed("computation", "a malformed offer of a key")
            offers[node] = offer
        if at != len(roster) or len(offers) < 2 or len({offer[4:95] for offer in offers.values()}) != len(offers):
            raise Failed("computation", "a malformed roster of keys")
        return offers

    def wrapping(self, sender, receiver):
        pair = self.pairs[receiver if sender == self.node_id else sender]
        return expand(pair, b"TLW1 group wrap" + i32(sender, receiver), 32)

    def neighbours(self, participants, degree):
        if degree == 0:
            return [node for node in participants if node != self.node_id]
        ring = sorted(participants, key=self.place.get)
        own = ring.index(self.node_id)
        return [ring[(own + d) % len(ring)] for d in range(-degree // 2, degree // 2 + 1) if d]

    def add_pair_masks(self, step, use, participants, neighbours, words):
        even = neighbours + neighbours % 2
        degree = even if even and len(participants) > even + 1 else 0
        stream = self.stream(step, use, words, degree, participants)
        for other in self.neighbours(participants, degree):
            low, high = sorted((self.node_id, other))
            mask = keystream(expand(self.pairs[other], b"TLW1 pair mask" + i32(low, high) + stream, 16), words)
            words += mask if self.node_id == low else -mask

    def group_mask(self, step, participants, words):
        return keystream(expand(self.secret, b"TLW1 group mask" + self.stream(step, GRADIENT, words, 0, participants), 16), words)

    @staticmethod
    def stream(step, use, words, degree, participants):
        group = hashlib.sha256(b"TLW1 mask group" + i32(degree, *participants)).digest()
        return i32(*step) + bytes([use, words.itemsize]) + group

    def tag_point(self, step):
        return int.from_bytes(expand(self.secret, b"TLW1 tag point" + i32(*step), 16), "little") % (PRIME - 1) + 1


def tag(values, point):
    total = 0
    for value in reversed(values.tolist()):
        total = (total + value) * point % PRIME
    return total


# ---- section 16: plan, scale, optimizer ------------------------------------------------------------------------------------

DEFAULT_RATES = {"adadelta": 1.0, "sgd": 0.01, "adam": 0.001, "adam_w": 0.001}


class Terms:
    def __init__(self, text):
        given = json.loads(text)
        self.run, self.seed, self.batch_size = given.pop("run"), given.pop("seed"), given.pop("batch_size")
        self.drops_last = given.pop("last_batch") == "drop"
        self.fraction = given.pop("validation_fraction")
        self.bits, self.least_nodes, self.neighbours = given.pop("sum_bits"), given.pop("min_nodes_per_batch"), given.pop("mask_neighbours")
        self.skips = given.pop("skips")
        self.optimizer = given.pop("optimizer")
        given.pop("samples")
        if given or not re.fullmatch("[0-9a-f]{32}", self.run) or self.optimizer["kind"] not in DEFAULT_RATES or self.optimizer["clip_grad_norm"]:
            raise Failed("computation", "terms of the run that this node does not support")
        if self.optimizer["learning_rate"] is None:
            self.optimizer["learning_rate"] = DEFAULT_RATES[self.optimizer["kind"]]


class Plan:
    """The virtual batches of a run; generator(seed, …) gives a stream's."""

    def __init__(self, terms, counts, generator):
        self.terms, self.generator, self.order = terms, generator, (0, [])
        self.training, self.held_out = {}, {}
        for node, count in enumerate(counts, 1):
            indices, kept = list(range(count)), count - int(count * terms.fraction)
            if kept < count:
                generator(terms.seed, 0x76616C6964617469, node).shuffle(indices)
            self.training[node], self.held_out[node] = sorted(indices[:kept]), sorted(indices[kept:])
        self.samples = [(node, index) for node, indices in self.training.items() for index in indices]
        size = terms.batch_size
        self.batches = len(self.samples) // size if terms.drops_last else -(-len(self.samples) // size)

    def batch(self, epoch, index):
        """Rows of each node that has some, by ascending id."""
        if not (epoch >= 1 and 0 <= index < self.batches):
            raise Failed("computation", "the step is not in the plan")
        if self.order[0] != epoch:
            order = list(range(len(self.samples)))
            self.generator(self.terms.seed, epoch).shuffle(order)
            self.order = epoch, [self.samples[i] for i in order]
        rows = {}
        for node, sample in self.order[1][index * self.terms.batch_size:(index + 1) * self.terms.batch_size]:
            rows.setdefault(node, []).append(sample)
        return dict(sorted(rows.items()))


class Scale:
    """The shift of each group of elements, which follows from the sums."""

    def __init__(self, shapes, bits, double, nodes):
        self.bits, self.finest = bits, 960 if double else 120
        self.limit = (2**(bits - 1) - 1) // nodes
        self.target = self.limit.bit_length() - 1 - (4 if bits == 32 else 6 if double else 20)
        self.least = (43 if double else 19) + nodes.bit_length() // 2
        self.element, self.integer = ("f8" if double else "f4"), ("<i8" if bits == 64 else "<i4")
        self.tensors, self.groups, at = len(shapes), [], 0  # of a group: (first element, elements, tensor)
        for tensor, shape in enumerate(shapes):
            rows = shape[0] if len(shape) > 1 else 1
            count = int(np.prod(shape)) // rows
            self.groups += [(at + row * count, count, tensor) for row in range(rows)]
            at += rows * count
        self.shifts, self.margin, self.steps = [self.target - 4] * len(self.groups), 0, 0

    def to_bytes(self):
        return i32(self.steps, self.margin) + struct.pack(f"<{len(self.shifts)}h", *self.shifts)

    def read(self, data):
        self.steps, self.margin = struct.unpack_from("<2i", data)
        self.shifts = list(struct.unpack_from(f"<{len(self.shifts)}h", data, 8))

    def used(self, headroom):
        """The shift of each group with headroom, by which the finest one of its tensor is coarser."""
        finest = [max((s for s, group in zip(self.shifts, self.groups) if group[2] == tensor), default=0) for tensor in range(self.tensors)]
        return [min(shift, finest[tensor] - headroom[tensor]) for shift, (_, _, tensor) in zip(self.shifts, self.groups)]

    def per_element(self, headroom):
        return np.repeat(self.used(headroom), [count for _, count, _ in self.groups])

    def quantise(self, gradient, headroom):
        if not np.isfinite(gradient).all():
            raise Failed("not_finite", "the gradient is not finite")
        with np.errstate(over="ignore", under="ignore"):
            scaled = np.rint(np.ldexp(gradient, self.per_element(headroom)))
        # The float below the limit: the limit itself may round up.
        fits = np.abs(scaled) <= np.nextafter(scaled.dtype.type(self.limit), scaled.dtype.type(0))
        if not fits.all():
            unfit = {tensor for first, count, tensor in self.groups if not fits[first:first + count].all()}
            raise Failed("range", "a gradient is larger than the scale", sorted(unfit))
        return scaled.astype(self.integer)

    def dequantise(self, sums, headroom):
        with np.errstate(over="ignore", under="ignore"):
            return np.ldexp(sums.astype(np.float64), -self.per_element(headroom)).astype(self.element)

    def next_margin(self, headroom):
        if any(headroom):
            return min(self.margin + 2, self.target - self.least - 1)
        return max(self.margin - (self.steps % 512 == 0), 0)

    def next(self, sums, headroom):
        """Whether the sums are precise enough, and the next shifts and margin."""
        margin, used = self.next_margin(headroom), self.used(headroom)

        def fit(exponent):
            return min(self.target - margin - exponent, self.finest)

        exponents = []
        for (first, count, _), shift in zip(self.groups, used):
            part = sums[first:first + count]
            largest = max(int(part.max()), -int(part.min()))
            exponents.append(largest.bit_length() - shift if largest else None)
        finer, coarse, kept = [], False, list(self.shifts)
        for tensor in range(self.tensors):
            own = [i for i, group in enumerate(self.groups) if group[2] == tensor]
            coarsest = min(used[i] for i in own)
            largest = max((exponents[i] for i in own if exponents[i] is not None), default=None)
            if largest is None:
                new = [min(coarsest + self.bits - 1, self.finest)] * len(own)
                vague = new[0] > coarsest
            else:
                new = [fit(largest if exponents[i] is None else exponents[i]) for i in own]
                vague = largest + coarsest < self.least and coarsest < min(new)
            finer += new
            if vague and 0 < headroom[tensor] <= 64 and coarsest == max(self.shifts[i] for i in own) - headroom[tensor]:
                for i in own:  # as fine as the gradients allow: they nearly cancel
                    kept[i] = used[i]
            else:
                coarse |= vague
        if coarse:
            return False, (finer, margin)
        rise = 1 if self.steps % 32 == 0 else 0
        return True, ([shift if e is None else min(fit(e), shift + rise) for shift, e in zip(kept, exponents)], margin)

    def use(self, following):
        (self.shifts, self.margin), self.steps = following, self.steps + 1


class Optimizer:
    """θ and the optimizer. Rounds after each operation, in the order of section 16, so that all nodes have the same bits."""

    NAMES = {"adadelta": ("square_avg", "acc_delta"), "adam": ("exp_avg", "exp_avg_sq"), "adam_w": ("exp_avg", "exp_avg_sq"), "sgd": ("momentum_buffer",)}

    def __init__(self, settings, theta):
        self.settings, self.theta, self.steps, self.epoch = settings, theta.copy(), 0, 1
        names = self.NAMES[settings["kind"]]
        self.memory = {} if settings["kind"] == "sgd" else {name: np.zeros_like(theta) for name in names}
        dummy = torch.optim.SGD([torch.zeros(1)], lr=settings["learning_rate"])
        schedule, warmup = settings["schedule"], settings["schedule"]["warmup_epochs"]
        kinds = torch.optim.lr_scheduler
        self.dummy, self.full = dummy, settings["learning_rate"]
        self.scheduler = {
            "step": lambda: kinds.StepLR(dummy, schedule["step_size"], schedule["gamma"]),
            "multi_step": lambda: kinds.MultiStepLR(dummy, schedule["milestones"], schedule["gamma"]),
            "cosine": lambda: kinds.CosineAnnealingLR(dummy, schedule["epochs"] - warmup),
            "constant": lambda: None}[schedule["kind"]]()
        self.warmup = warmup
        self.set_rate()
        dummy.step()  # the schedulers ask for it

    def set_rate(self):
        self.dummy.param_groups[0]["lr"] = self.full * self.epoch / self.warmup if self.epoch < self.warmup else self.full

    def move_to(self, epoch):
        while self.epoch < epoch:
            self.epoch += 1
            if self.epoch <= self.warmup + 1:
                self.set_rate()
            elif self.scheduler:
                self.scheduler.step()

    def step(self, g):
        s, v, one = self.settings, self.theta, self.theta.dtype.type
        rate, decay = self.dummy.param_groups[0]["lr"], s["weight_decay"]
        self.steps += 1
        if s["kind"] == "sgd":
            return self.descend(g, rate, decay)
        if decay and s["kind"] != "adam_w":
            g = g + v * one(decay)
        first, second = (self.memory[name] for name in self.NAMES[s["kind"]])
        if s["kind"] == "adadelta":
            keep, take, epsilon = one(0.9), one(1 - 0.9), one(1e-6)
            first[:] = first * keep + g * g * take
            delta = np.sqrt(second + epsilon) / np.sqrt(first + epsilon) * g
            v += delta * one(-rate)
            second[:] = second * keep + delta * delta * take
        else:
            v *= one(1 - rate * decay if s["kind"] == "adam_w" else 1)
            first[:] = first * one(0.9) + g * one(1 - 0.9)
            second[:] = second * one(0.999) + g * g * one(1 - 0.999)
            root, size = one((1 - 0.999**self.steps)**0.5), one(-(rate / (1 - 0.9**self.steps)))
            v += first * size / (np.sqrt(second) / root + one(1e-8))

    def descend(self, gradient, rate, decay):
        """PyTorch's own operations, which may fuse a multiplication with an addition."""
        s, v = self.settings, torch.from_numpy(self.theta)
        g = torch.from_numpy(gradient.copy())
        if decay:
            g = g.add(v, alpha=decay)
        if s["momentum"]:
            if "momentum_buffer" not in self.memory:
                self.memory["momentum_buffer"] = g.numpy().copy()
            else:
                torch.from_numpy(self.memory["momentum_buffer"]).mul_(s["momentum"]).add_(g)
            buffer = torch.from_numpy(self.memory["momentum_buffer"])
            g = g.add(buffer, alpha=s["momentum"]) if s["nesterov"] else buffer
        v.add_(g, alpha=-rate)

    def save(self, applied, scale):
        parts = [("params", self.theta.tobytes()), ("scale", scale.to_bytes())]
        parts += [("optimizer." + name, tensor.tobytes()) for name, tensor in self.memory.items()]
        steps = 0 if self.settings["kind"] == "sgd" else self.steps
        content = b"TLstate1" + i32(*applied) + struct.pack("<qi", steps, len(parts))
        return content + b"".join(i32(len(name)) + name.encode() + struct.pack("<q", len(data)) + data for name, data in parts)

    def load(self, content):
        """Takes over a state; the step that it is after, and the bytes of its scale."""
        if content[:8] != b"TLstate1":
            raise Failed("computation", "the sealed state has another format")
        *applied, self.steps, count = struct.unpack_from("<3iqi", content, 8)
        at, parts = 8 + 24, {}
        for _ in range(count):
            length = struct.unpack_from("<i", content, at)[0]
            name, at = content[at + 4:at + 4 + length].decode(), at + 4 + length
            length = struct.unpack_from("<q", content, at)[0]
            parts[name], at = content[at + 8:at + 8 + length], at + 8 + length
        scale = parts.pop("scale")
        tensors = {name: np.frombuffer(data, self.theta.dtype).copy() for name, data in parts.items()}
        self.theta = tensors.pop("params")
        self.memory = {name[len("optimizer."):]: tensor for name, tensor in tensors.items()}
        self.move_to(applied[0])
        return tuple(applied), scale


class Once:
    """A step is masked once, later ones come later, and the same request again gets the same reply."""

    def __init__(self):
        self.last, self.request, self.reply = START, None, None

    def of(self, step, request, mask):
        if step == self.last and request == self.request and self.reply is not None:
            return self.reply
        if step <= self.last:
            raise Failed("computation", "the same mask must not hide two values")
        self.reply = mask()
        self.last, self.request = step, request
        return self.reply


class Member:
    """The node's part in a run."""

    def __init__(self, node_id, session, labels, generator, allows_reveal):
        self.node_id, self.session, self.labels, self.generator, self.allows_reveal = node_id, session, labels, generator, allows_reveal
        self.given = self.keys = None
        self.groups = {}
        self.forget()

    def forget(self):
        self.keys, self.steps, self.evaluations, self.asked = None, Once(), Once(), (None, None)

    @property
    def known(self):
        return self.groups.get(self.terms.run)

    def start(self, text, counts, theta):
        if self.given == (text, counts):
            return
        if not 1 <= self.node_id <= len(counts) or counts[self.node_id - 1] != len(self.labels):
            raise Failed("computation", "the samples are counted wrongly")
        self.forget()
        self.terms, self.counts, self.given = Terms(text), counts, None
        self.plan = Plan(self.terms, counts, self.generator)
        shapes = [shape for _, shapes, _ in self.session.model.layers for shape in shapes]
        self.scale = Scale(shapes, self.terms.bits, theta.dtype == np.float64, len(counts))
        self.optimizer, self.applied, self.coarse, self.gradient = Optimizer(self.terms.optimizer, theta), START, None, None
        self.given = text, counts

    def ready(self):
        group = self.known
        return {**at(self.applied), "test_rows": 0, "key_epoch": self.keys.id if self.keys else "", "group_key": group.id if group else ""}

    def require(self, keys=True):
        if self.given is None or keys and (self.keys is None or not self.keys.id):
            raise Failed("no_state", "this node has no run, or no keys of it")

    def offer(self):
        self.require(keys=False)
        self.forget()
        self.keys = Keys(self.node_id, self.terms.run)
        return self.keys.offer

    def agree(self, maker, roster, share):
        self.require(keys=False)
        if self.keys is None:
            raise Failed("no_state", "no key epoch has begun")
        shares = self.keys.agree(maker, roster, share, self.known)
        self.groups.setdefault(self.terms.run, self.keys.group)
        consent = self.consent_of(self.node_id).hex() if self.allows_reveal else ""
        return {"key_epoch": self.keys.id, "group_key": self.known.id, "consent": consent}, shares

    def consent_of(self, node):
        return self.known.hash("reveal", i32(node))

    def check(self, participants, allowed):
        named = list(participants)
        if named != sorted(set(named)) or not set(named) <= set(allowed) or len(named) < self.terms.least_nodes:
            raise Failed("computation", "these nodes may not be added up")
        if not set(named) <= {self.node_id, *self.keys.pairs}:
            raise Failed("no_state", "a node is not in this key epoch")
        return named

    def point(self, step, headroom):
        """Of the authenticator: mixed with everything that the integers depend on."""
        content = struct.pack("<Q", self.keys.tag_point(step)) + i32(*self.applied, *headroom) + self.scale.to_bytes()
        return int.from_bytes(hashlib.sha256(content).digest()[:8], "little") % (PRIME - 1) + 1

    def apply(self, step, headroom, after, words):
        """Adds a sum to θ."""
        self.require()
        if step == self.applied:
            return
        if step == self.coarse:
            raise Failed("coarse", "the sum has too few bits")
        if after != self.applied:
            raise Failed("no_state", f"this node's model is that after {self.applied}, not {after}")
        if step[:2] <= self.applied[:2]:
            raise Failed("computation", "the step has been trained on already")
        headroom = self.full(headroom)
        if step != self.asked[0]:
            raise Failed("computation", "the sum is not that of the step that this node was asked for")
        words = words.view(self.unsigned)
        words = words - self.keys.group_mask(step, self.asked[1], words)
        sums, tags = words[:-3].view(self.scale.integer), words[-3:].tolist()
        if (tags[0] + (tags[1] << 21) + (tags[2] << 42)) % PRIME != tag(sums, self.point(step, headroom)):
            raise Failed("computation", "the sum is not what the nodes sent")
        precise, following = self.scale.next(sums, headroom)
        gradient = self.scale.dequantise(sums, headroom)
        self.scale.use(following)
        if not precise:
            self.coarse = step
            raise Failed("coarse", "the sum has too few bits")
        self.optimizer.move_to(step[0])
        self.optimizer.step(gradient)
        self.applied, self.gradient = step, None

    @property
    def unsigned(self):
        return self.scale.integer.replace("i", "u")

    def agreement(self):
        label = "agreement after {}.{}.{}".format(*self.applied)
        return self.known.hash(label, hashlib.sha256(self.optimizer.theta.tobytes()).digest()).hex()

    def step(self, step, participants, headroom):
        """(integers, figures), both masked; None without rows in the step."""
        self.require()
        batch = self.plan.batch(*step[:2])
        if step[:2] <= self.applied[:2]:
            raise Failed("computation", "the step has been trained on already")
        nodes = self.check(participants or list(batch), batch)
        if not self.terms.skips and len(nodes) < len(list(batch)):
            raise Failed("computation", "a sum without some of the plan's nodes in a run that waits for them")
        self.asked = step, nodes
        if self.node_id not in nodes:
            return None
        return self.steps.of(step, (nodes, headroom), lambda: self.masked(step, batch, nodes, self.full(headroom)))

    def full(self, headroom):
        if len(headroom) not in (0, self.scale.tensors):
            raise Failed("computation", "headroom for another number of tensors")
        return headroom or [0] * self.scale.tensors

    def masked(self, step, batch, nodes, headroom):
        gradient, loss, hits = self.gradient_of(step, batch, nodes)
        values = self.scale.quantise(gradient, headroom)
        own = tag(values, self.point(step, headroom))
        words = np.concatenate([values.view(self.unsigned), np.array([own >> shift & 2**21 - 1 for shift in (0, 21, 42)], self.unsigned)])
        self.keys.add_pair_masks(step, GRADIENT, nodes, self.terms.neighbours, words)
        if nodes[0] == self.node_id:
            words += self.keys.group_mask(step, nodes, words)
        figures = self.units([loss]) + [hits]
        return words.view(self.scale.integer), self.hide(step, FIGURES, nodes, figures)

    def hide(self, step, use, nodes, figures):
        words = np.array(figures, "<i8").view("<u8")
        self.keys.add_pair_masks(step, use, nodes, self.terms.neighbours, words)
        return words.view("<i8")

    def units(self, values):
        limit = (2**63 - 1) // len(self.counts)
        units = [round(value * 2**32) if np.isfinite(value) else None for value in values]
        if None in units:
            raise Failed("not_finite", "a loss is not finite")
        if any(abs(unit) >= limit for unit in units):
            raise Failed("computation", "a loss is too large to be added")
        return units

    def gradient_of(self, step, batch, nodes):
        if self.gradient is None or self.gradient[0] != (step[:2], nodes):
            rows, s = batch[self.node_id], self.session
            theta = torch.from_numpy(self.optimizer.theta.copy()).requires_grad_()
            logits = s.model.run(s.x[rows], theta, 0, len(s.model.layers))
            loss = F.cross_entropy(logits, self.labels[rows], reduction="sum")
            (loss / sum(len(batch[node]) for node in nodes)).backward()
            hits = int((logits.argmax(1) == self.labels[rows]).sum())
            self.gradient = (step[:2], nodes), (theta.grad.numpy(), float(loss), hits)
        return self.gradient[1]

    def evaluate(self, step, participants, batch_rows):
        self.require()
        nodes = self.check(participants, range(1, len(self.counts) + 1))
        if self.node_id not in nodes:
            raise Failed("computation", "this node is not among those of the evaluation")
        return self.evaluations.of(step, nodes, lambda: self.hide(step, EVALUATION, nodes, self.figures(step, batch_rows)))

    def figures(self, step, batch_rows):
        """Rows, loss, hits; then for each class the rows rightly predicted as it, predicted as it, of it."""
        rows, s, classes = (self.plan.held_out[self.node_id] if step[1] else []), self.session, self.session.model.classes
        theta, loss, counts = torch.from_numpy(self.optimizer.theta), 0.0, [np.zeros(classes, "i8") for _ in range(3)]
        with torch.no_grad():
            for part in (rows[first:first + batch_rows] for first in range(0, len(rows), batch_rows)):
                logits, y = s.model.run(s.x[part], theta, 0, len(s.model.layers)), self.labels[part]
                loss += float(F.cross_entropy(logits, y, reduction="sum"))
                said = logits.argmax(1)
                for count, of in zip(counts, (said[said == y], said, y)):
                    count += np.bincount(of.numpy(), minlength=classes)
        return [len(rows), *self.units([loss]), int(counts[0].sum()), *np.concatenate(counts).tolist()]

    def require_at(self, step):
        self.require()
        if step != self.applied:
            raise Failed("no_state", f"this node's model is that after {self.applied}, not {step}")

    def seal(self, step):
        self.require_at(step)
        return self.known.seal(self.optimizer.save(self.applied, self.scale))

    def unseal(self, step, state):
        """Takes over a sealed state. What has been masked in this key epoch stays masked."""
        self.require()
        content = self.known.open(state)
        optimizer = Optimizer(self.terms.optimizer, self.optimizer.theta)
        applied, scale = optimizer.load(content)
        if applied != step:
            raise Failed("computation", "the sealed state is that after another step")
        self.scale.read(scale)
        self.optimizer, self.applied, self.coarse, self.gradient = optimizer, step, None, None

    def finish(self, step, consents):
        """θ, where every node consents; None where it is not wanted. This node writes no model."""
        self.require_at(step)
        if not consents:
            return None
        if not self.allows_reveal or consents != b"".join(map(self.consent_of, range(1, len(self.counts) + 1))):
            raise Failed("computation", "not every node has consented that the orchestrator gets the model")
        return self.optimizer.theta


def at(step, prefix=""):
    return dict(zip((prefix + "epoch", prefix + "batch", prefix + "attempt"), step))
