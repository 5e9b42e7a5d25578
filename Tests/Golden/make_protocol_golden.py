#!/usr/bin/env python3
"""Writes protocol.json: one frame for every message, made from docs/reference/protocol.md alone, and a worked example of a node's step.

Needs python3-msgpack and python3-lz4. The output is the same on every run, and it is committed.
"""
import hashlib
import hmac
import json
import math
import os
import struct

import lz4.block
import msgpack

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {
    "Hello": 1, "Welcome": 2, "Reject": 3, "Heartbeat": 4, "Shutdown": 5, "Challenge": 6, "Proof": 7, "Leave": 8, "Decline": 9,
    "IndexRangeQuery": 16, "IndexRange": 17, "ForwardPass": 18, "ForwardResult": 19, "Backward": 20, "BackwardResult": 21, "TaskFailed": 22,
    "ActivationResult": 23, "LossPass": 24, "LossResult": 25, "LocalTraining": 26, "LocalResult": 27,
    "TurnStart": 30, "TurnAck": 31, "TurnForward": 32, "TurnBackward": 33, "TurnEnd": 34, "TurnResult": 35, "GossipRound": 36, "GossipResult": 37,
    "ValidationPass": 40, "ValidationResult": 41,
    "Prepare": 50, "StatisticsQuery": 51, "Statistics": 52,
    "WorkerHello": 60, "WorkerWelcome": 61, "RunQuery": 62, "RunOffer": 63, "NoRun": 64, "RunProgress": 65, "RunVerdict": 66, "RunFile": 67,
    "RunFileQuery": 68, "RunFilesSent": 69, "RunEnded": 70,
    "BlindStart": 80, "BlindReady": 81, "KeyQuery": 82, "KeyOffered": 83, "KeyRound": 84, "KeyAgreed": 85, "BlindStep": 86, "BlindSum": 87,
    "BlindApply": 88, "BlindApplied": 89, "BlindEvaluation": 90, "BlindScores": 91, "SealQuery": 92, "SealedState": 93, "Unseal": 94,
    "BlindFinish": 95, "BlindFinished": 96,
    "ApplicantHello": 100, "AuthorityIdentity": 101, "SigningQuery": 102, "SigningPending": 103, "SigningGrant": 104, "RevokedCertificates": 105,
}
ELEMENTS = {"float32": (1, "f"), "float64": (2, "d"), "int32": (3, "i"), "uint8": (4, "B"), "int64": (5, "q")}
RAW, LZ4 = 0, 1


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def flatten(values):
    return [x for v in values for x in flatten(v)] if isinstance(values, list) else [values]


def shape_of(values):
    return [len(values)] + shape_of(values[0]) if isinstance(values, list) else []


def tensor(name, kind, values, shape=None, encoding=RAW, checksum=True):
    number, code = ELEMENTS[kind]
    flat = flatten(values)
    raw = struct.pack(f"<{len(flat)}{code}", *flat)
    wire = lz4.block.compress(raw, store_size=False) if encoding == LZ4 else raw
    return {
        "descriptor": [name, number, shape or shape_of(values), encoding, len(wire), crc32c(wire) if checksum else None],
        "raw": raw,
        "wire": wire,
    }


def vector(name, message, fields, tensors=(), request_id=0):
    content = dict(fields)
    if tensors:
        content["tensors"] = [t["descriptor"] for t in tensors]
    metadata = msgpack.packb(content, use_bin_type=True)
    payload = b"".join(t["wire"] for t in tensors)
    head = b"TLW1" + struct.pack("<BBHQIQ", 1, TYPES[message], 0, request_id, len(metadata), len(payload))
    frame = head + struct.pack("<I", crc32c(head + metadata)) + metadata + payload
    return {
        "name": name,
        "message": message,
        "request_id": request_id,
        "fields": {name: value.hex() if isinstance(value, bytes) else value for name, value in fields.items()},
        "tensors": [{"descriptor": t["descriptor"], "raw": t["raw"].hex()} for t in tensors],
        "frame": frame.hex(),
    }


def f32(values):
    """Rounds every number to float32."""
    return [f32(v) for v in values] if isinstance(values, list) else struct.unpack("<f", struct.pack("<f", values))[0]


MODEL = {
    "name": "tiny",
    "input_shape": [4],
    "class_count": 3,
    "layers": [
        {"type": "linear", "name": "fc1", "in": 4, "out": 2},
        {"type": "relu", "name": "relu1"},
        {"type": "linear", "name": "fc2", "in": 2, "out": 3},
    ],
}
LOSS = {"type": "cross_entropy", "class_weights": [1.0, 2.0, 0.5], "label_smoothing": 0.1}
# A table of four rows: age 40, 60, none and 50; smoker no, yes, no, and none; well, ill, well, well.
STATISTICS = {
    "label": "state",
    "columns": [
        {"name": "age", "missing": 1, "moments": {"count": 3, "mean": 50.0, "rest": 0.0, "m2": 200.0}},
        {"name": "smoker", "missing": 1, "categories": ["no", "yes"]},
    ],
    "classes": [{"name": "ill", "count": 1}, {"name": "well", "count": 3}],
}
PREPARATION = {
    "label": "state",
    "columns": [
        {"name": "age", "number": {"mean": 50.0, "std": math.sqrt(200 / 3)}},
        {"name": "smoker", "category": {"names": ["no", "yes"], "missing": True}},
    ],
    "classes": STATISTICS["classes"],
}
MEAN, STD = 0.5, 0.25
PIXELS = [[0, 255, 51, 204], [255, 255, 0, 0], [102, 0, 153, 255]]
LABELS = [2, 0, 0]
INDICES = [2, 0]
BATCH_ROWS = 4
FC1_WEIGHT = [[0.5, -0.25, 0.125, 0.75], [-0.5, 0.25, 0.25, -0.125]]
FC1_BIAS = [0.25, -0.5]
FC2_WEIGHT = [[1.0, -0.5], [0.25, 0.75], [-1.5, 0.5]]
FC2_BIAS = [0.0, 0.125, -0.125]
PARAMS = flatten([FC1_WEIGHT, FC1_BIAS, FC2_WEIGHT, FC2_BIAS])


SESSION = "20260731-1"
TOKEN = b"not a secret: everybody can read this page"
NODE_NONCE = hashlib.sha256(b"the node's nonce").hexdigest()
ORCHESTRATOR_NONCE = hashlib.sha256(b"the orchestrator's nonce").hexdigest()
CERTIFICATE_SHA256 = hashlib.sha256(b"a certificate").digest()


def proof(party, channel=bytes(32), node_id=1):
    """Party 1 is the node, 2 the orchestrator; a worker's id is 0."""
    transcript = b"TLW1 token proof" + struct.pack("<Bi", party, node_id) + NODE_NONCE.encode() + ORCHESTRATOR_NONCE.encode() + channel + SESSION.encode()
    return hmac.new(TOKEN, transcript, hashlib.sha256).hexdigest()


def linear(x, weight, bias):
    return [sum(w * v for w, v in zip(row, x)) + b for row, b in zip(weight, bias)]


def step(batch_rows=BATCH_ROWS):
    """A node's part of one step, in float64: the activations, their gradients and so on, before they are rounded to float32."""
    inputs, activations, logits, logit_grads, loss_sum, hits = [], [], [], [], 0.0, 0
    for index in INDICES:
        x = [(p / 255 - MEAN) / STD for p in PIXELS[index]]
        a = linear(x, FC1_WEIGHT, FC1_BIAS)
        z = linear([max(v, 0.0) for v in a], FC2_WEIGHT, FC2_BIAS)
        total = sum(math.exp(v) for v in z)
        label = LABELS[index]
        loss_sum += math.log(total) - z[label]
        hits += z.index(max(z)) == label
        inputs.append(x)
        activations.append(a)
        logits.append(z)
        logit_grads.append([math.exp(v) / total - (c == label) for c, v in enumerate(z)])
    # What the orchestrator sends back: the gradient of the batch's mean loss at the activations.
    activation_grads = [
        [sum(g[c] / batch_rows * FC2_WEIGHT[c][k] for c in range(3)) if a[k] > 0 else 0.0 for k in range(2)]
        for a, g in zip(activations, logit_grads)
    ]
    weight_grad = [[sum(g[k] * x[j] for g, x in zip(activation_grads, inputs)) for j in range(4)] for k in range(2)]
    bias_grad = [sum(g[k] for g in activation_grads) for k in range(2)]
    return activations, logits, logit_grads, loss_sum, hits, activation_grads, flatten([weight_grad, bias_grad])


def trained():
    """θ after one step of SGD with learning rate 0.5 on the mean loss of all samples, with its loss before that and the hits."""
    gradient = [0.0] * len(PARAMS)
    loss_sum, hits = 0.0, 0
    for pixels, label in zip(PIXELS, LABELS):
        x = [(p / 255 - MEAN) / STD for p in pixels]
        a = linear(x, FC1_WEIGHT, FC1_BIAS)
        h = [max(v, 0.0) for v in a]
        z = linear(h, FC2_WEIGHT, FC2_BIAS)
        total = sum(math.exp(v) for v in z)
        loss_sum += math.log(total) - z[label]
        hits += z.index(max(z)) == label
        dz = [(math.exp(v) / total - (c == label)) / len(LABELS) for c, v in enumerate(z)]
        da = [sum(dz[c] * FC2_WEIGHT[c][k] for c in range(3)) if a[k] > 0 else 0.0 for k in range(2)]
        parts = [[da[k] * x[j] for j in range(4)] for k in range(2)], da, [[dz[c] * h[k] for k in range(2)] for c in range(3)], dz
        gradient = [g + d for g, d in zip(gradient, flatten(list(parts)))]
    return [p - 0.5 * g for p, g in zip(PARAMS, gradient)], loss_sum, hits


def study(alive):
    """What passes between a study and a worker that does one run, from a checkpoint."""
    identity = hashlib.sha256(b"a study").hexdigest()
    run, checkpoint = {"run": "tl-seed-1", "attempt": 2}, "checkpoints/step-000010"
    worker = {"name": "lab-2", "software": "example/1.0", "shares_folder": 0}
    yield vector("worker hello", "WorkerHello", worker)
    yield vector("worker hello with a token", "WorkerHello", {**worker, "nonce": NODE_NONCE})
    yield vector("worker welcome", "WorkerWelcome", {"session": SESSION, "study": identity, **alive})
    yield vector("worker welcome with a token", "WorkerWelcome", {"session": SESSION, "study": identity, **alive, "proof": proof(2, node_id=0)})
    yield vector("run query", "RunQuery", {}, request_id=1)
    yield vector("run offer", "RunOffer", {
        **run, "arguments": ["--algorithm", "tl", "--epochs", "2", "--threads", "1"], "hosting": "virtual", "configuration": "name: example\n",
        "checkpoint_step": 10, "files": [checkpoint + "/manifest.json"]}, request_id=1)
    yield vector("no run", "NoRun", {"wait_ms": 1000}, request_id=1)
    yield vector("run file query", "RunFileQuery", {**run, "name": checkpoint + "/manifest.json", "offset": 0}, request_id=2)
    yield vector("run file", "RunFile", {**run, "name": checkpoint + "/manifest.json", "offset": 0, "size": 2, "data": b"{}"}, request_id=2)
    yield vector("run progress", "RunProgress", {**run, "epoch": 1, "accuracy": 0.75, "loss": 0.5, "lost_nodes": 0}, request_id=3)
    yield vector("run verdict", "RunVerdict", {"verdict": "proceed"}, request_id=3)
    yield vector("run files sent", "RunFilesSent", {**run, "folder": ""}, request_id=4)
    yield vector("run ended", "RunEnded", {**run, "outcome": "done", "reason": ""}, request_id=5)


def enrolment():
    """What passes between a CA and a node with a token. Certificates, requests and lists are any bytes here."""
    request, token_key = b"a signing request", hashlib.sha256(b"the token's secret").digest()
    transcript = (b"TLW1 enrolment " + NODE_NONCE.encode() + ORCHESTRATOR_NONCE.encode() + CERTIFICATE_SHA256
                  + hashlib.sha256(request).digest() + b"enrolment 00112233445566ff")
    yield vector("applicant hello", "ApplicantHello", {"wants": "enrolment", "id": "00112233445566ff", "nonce": NODE_NONCE})
    yield vector("authority identity", "AuthorityIdentity", {"certificate": b"a certificate", "nonce": ORCHESTRATOR_NONCE})
    yield vector("signing query", "SigningQuery", {"request": request, "proof": hmac.new(token_key, transcript, hashlib.sha256).digest()})
    yield vector("signing pending", "SigningPending", {})
    yield vector("signing grant", "SigningGrant", {
        "certificate": b"a certificate", "revoked": b"a list", "host": "hub.example", "port": 12345, "token": b"the secret of all"})
    yield vector("revoked certificates", "RevokedCertificates", {"list": b"a list"})


def blind():
    """What passes in a blind run of three nodes, of which this one is the first: keys and sums are those of secure_aggregation.json."""
    with open(os.path.join(HERE, "secure_aggregation.json"), encoding="utf-8") as file:
        keys = json.load(file)
    narrow, wide = keys["masks_32"], keys["masks_64"]
    blob = lambda digits: tensor("blob", "uint8", list(bytes.fromhex(digits)))
    words = lambda values, bits: tensor("sum", f"int{bits}", [v - 2**bits if v >> (bits - 1) else v for v in values])
    roster, digest = keys["roster"], lambda text: hashlib.sha256(text).hexdigest()
    none, before, at = {"epoch": 0, "batch": 0, "attempt": 0}, (3, 3, 0), {"epoch": 3, "batch": 4, "attempt": 1}
    names = ("epoch", "batch", "attempt")
    agreed = {"key_epoch": keys["transcript"], "group_key": keys["group_id"]}
    nothing = {**{"applied_" + n: 0 for n in names}, "applied_headroom": [], **{"after_" + n: 0 for n in names}}
    applied = {**{"applied_" + n: v for n, v in zip(names, (3, 4, 1))}, "applied_headroom": [0, 4], **{"after_" + n: v for n, v in zip(names, before)}}
    terms = {
        "run": "00112233445566778899aabbccddeeff", "seed": 1, "batch_size": 4, "last_batch": "keep", "validation_fraction": 0.0,
        "optimizer": {
            "kind": "sgd", "learning_rate": 0.5, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0, "clip_grad_norm": 0.0,
            "schedule": {"kind": "constant", "gamma": 0.7, "step_size": 1, "epochs": 1, "warmup_epochs": 0, "milestones": []}},
        "sum_bits": 32, "min_nodes_per_batch": 3, "mask_neighbours": 0, "skips": False, "samples": None}
    params = tensor("params", "float32", PARAMS)
    yield vector("blind start", "BlindStart", {"terms": json.dumps(terms, separators=(",", ":"))}, [tensor("counts", "int32", [3, 4, 5]), params], 2)
    yield vector("blind ready", "BlindReady", {**none, "test_rows": 0, "key_epoch": "", "group_key": ""}, (), 2)
    yield vector("key query", "KeyQuery", {}, (), 3)
    yield vector("key offered", "KeyOffered", {"group_key": ""}, [blob(roster[16:16 + 2 * 98])], 3)
    yield vector("key round of the maker", "KeyRound", {"maker": 1}, [blob(roster)], 4)
    yield vector("key agreed by the maker", "KeyAgreed", {**agreed, "consent": digest(b"a consent")}, [blob(2 * keys["wrapped_by_1_for_5"])], 4)
    yield vector("key round", "KeyRound", {"maker": 5}, [blob(roster), blob(keys["wrapped_by_5_for_1"])], 4)
    yield vector("key agreed", "KeyAgreed", {**agreed, "consent": ""}, (), 4)
    yield vector("blind step, the first", "BlindStep", {**at, "participants": [], "headroom": [], **nothing, "agree": 0}, (), 5)
    yield vector("blind step", "BlindStep", {"epoch": 3, "batch": 5, "attempt": 0, "participants": [1, 2, 5], "headroom": [12, 0], **applied, "agree": 1},
                 [words(narrow["sum"], 32)], 6)
    figures = tensor("figures", "int64", [-(2**63), 2**40])
    reply = {**at, "agreement": "", "compute_us": 900}
    yield vector("blind sum", "BlindSum", reply, [words(narrow["sent"][0], 32), figures], 5)
    yield vector("blind sum of 64 bits", "BlindSum", reply, [words(wide["sent"][0], 64), figures], 5)
    yield vector("blind sum without rows", "BlindSum", {**reply, "agreement": digest(b"an agreement")}, (), 5)
    yield vector("blind apply", "BlindApply", applied, [words(narrow["sum"], 32)], 7)
    yield vector("blind applied", "BlindApplied", {"agreement": digest(b"an agreement")}, (), 7)
    after = {"epoch": 3, "batch": 0, "attempt": 0}
    yield vector("blind evaluation", "BlindEvaluation", {**after, "participants": [1, 2, 5], "batch_rows": 250}, (), 8)
    yield vector("blind scores", "BlindScores", {**after, "compute_us": 77}, [tensor("figures", "int64", list(range(-6, 6)))], 8)
    yield vector("seal query", "SealQuery", at, (), 9)
    yield vector("sealed state", "SealedState", at, [blob(keys["sealed"])], 9)
    yield vector("unseal", "Unseal", at, [blob(keys["sealed"])], 10)
    yield vector("blind finish", "BlindFinish", at, (), 11)
    yield vector("blind finish with consents", "BlindFinish", at, [blob(digest(b"1") + digest(b"2") + digest(b"3"))], 11)
    yield vector("blind finished", "BlindFinished", at, (), 11)
    yield vector("blind finished with the model", "BlindFinished", at, [params], 11)
    yield vector("task failed of blind", "TaskFailed", {"code": "coarse", "text": "the sum of epoch 3, batch 5 has too few bits"}, (), 6)
    yield vector("task failed of blind, by range", "TaskFailed",
                 {"code": "range", "text": "a gradient of epoch 3, batch 5 is larger than the scale of the sum", "unfit": [1]}, (), 6)


def vectors():
    activations, logits, logit_grads, loss_sum, hits, activation_grads, param_grads = step()
    at = {"epoch": 1, "batch": 7, "attempt": 0}
    fingerprint = hashlib.sha256(struct.pack("<3i", 3, 2, 2) + bytes(flatten(PIXELS)) + bytes(LABELS)).hexdigest()
    sparse = [0.0] * 2048
    sparse[5] = 1.5
    sparse[2000] = -2.5
    hello = {
        "node_id": 1, "sample_count": 3, "sample_shape": [1, 2, 2], "sample_type": "uint8", "class_count": 3, "fingerprint": fingerprint,
        "capabilities": "lz4", "software": "example/1.0"}
    welcome = {
        "session": SESSION, "model": json.dumps(MODEL, separators=(",", ":")), "cut": 1, "dtype": "float32", "exchange": "two_phase",
        "mean": MEAN, "std": STD, "heartbeat_interval_ms": 5000, "heartbeat_timeout_ms": 30000}
    yield vector("hello", "Hello", hello)
    yield vector("hello with numbers", "Hello", {**hello, "sample_type": "float32", "least": -1.5, "largest": 2.5})
    yield vector("hello with a part", "Hello", {**hello, "dealing": "--partition iid --partition_seed 7 --num_nodes 3", "dealt_samples": 9})
    yield vector("welcome", "Welcome", welcome)
    yield vector("reject", "Reject", {"code": "node_id", "text": "node ids are from 1 to 3", "final": 1})
    yield vector("hello with a token", "Hello", {**hello, "nonce": NODE_NONCE})
    yield vector("challenge", "Challenge", {"session": SESSION, "nonce": ORCHESTRATOR_NONCE})
    yield vector("proof", "Proof", {"proof": proof(1)})
    yield vector("welcome with a token", "Welcome", {**welcome, "proof": proof(2)})
    yield vector("welcome with a loss", "Welcome", {**welcome, "loss": json.dumps(LOSS, separators=(",", ":"))})
    yield vector("welcome with augmentation", "Welcome", {**welcome, "augmentation": '{"crop":4,"flip":true,"seed":17}'})
    yield vector("welcome with terms", "Welcome", {**welcome, "run": '{"algorithm":"tl","nodes":3,"batch_size":64,"epochs":2,"reveal_model":false}'})
    alive = {"heartbeat_interval_ms": 5000, "heartbeat_timeout_ms": 30000}
    yield vector("hello with a table", "Hello", {**hello, "sample_shape": [2], "sample_type": "float64", "sample_count": 4, "class_count": 2, "capabilities": "lz4,table"})
    yield vector("prepare", "Prepare", {"session": SESSION, **alive})
    yield vector("prepare with a token", "Prepare", {"session": SESSION, **alive, "proof": proof(2)})
    yield vector("statistics query", "StatisticsQuery", {}, request_id=1)
    yield vector("statistics", "Statistics", {"table": json.dumps(STATISTICS, separators=(",", ":"))}, request_id=1)
    yield vector("welcome for tables", "Welcome", {**welcome, "preparation": json.dumps(PREPARATION, separators=(",", ":"))})
    yield from study(alive)
    yield vector("heartbeat", "Heartbeat", {})
    yield vector("shutdown", "Shutdown", {"reason": "training is over"})
    yield vector("leave", "Leave", {"reason": "the samples do not fit"})
    yield vector("leave with a code", "Leave", {"reason": "31 epochs, and 30 are allowed", "code": "policy.max_epochs"})
    yield vector("decline", "Decline", {"node_id": 2, "code": "policy.hours", "reason": "this node takes part from 20:00 to 06:00"})
    yield vector("index range query", "IndexRangeQuery", {}, request_id=1)
    yield vector("index range", "IndexRange", {"count": 3}, request_id=1)
    yield vector("index range with metadata", "IndexRange", {"count": 3, "metadata": '{"partition_idx":"0","site":"Bern"}'}, request_id=1)
    forward = [tensor("indices", "int32", INDICES), tensor("params", "float32", PARAMS)]
    yield vector("forward pass", "ForwardPass", {**at, "batch_rows": BATCH_ROWS}, forward, 2)
    result = [tensor("activations", "float32", f32(activations)), tensor("logit_grads", "float32", f32(logit_grads))]
    forward_fields = {**at, "loss_sum": loss_sum, "hits": hits, "compute_us": 850}
    backward_fields = {**at, "compute_us": 120}
    yield vector("forward result", "ForwardResult", forward_fields, result, 2)
    gradients = tensor("param_grads", "float32", f32(param_grads))
    yield vector("backward result of one_phase", "BackwardResult", backward_fields, [gradients], 2)
    yield vector("backward", "Backward", at, [tensor("activation_grads", "float32", f32(activation_grads))], 3)
    yield vector("backward result", "BackwardResult", backward_fields, [gradients], 3)
    yield vector("backward result in float64", "BackwardResult", {"epoch": 300, "batch": 70000, "attempt": 2, "compute_us": 2 ** 31 - 1},
                 [tensor("param_grads", "float64", param_grads)], 2 ** 64 - 1)
    yield vector("backward result without a checksum", "BackwardResult", backward_fields, [tensor("param_grads", "float32", f32(param_grads), checksum=False)], 3)
    yield vector("backward with LZ4", "Backward", at, [tensor("activation_grads", "float32", sparse, [32, 64], LZ4)], 3)
    yield vector("forward pass of relay", "ForwardPass", {**at, "batch_rows": BATCH_ROWS},
                 [tensor("indices", "int32", INDICES), tensor("params", "float32", PARAMS[:10])], 2)
    yield vector("activation result", "ActivationResult", {**at, "compute_us": 430}, result[:1], 2)
    yield vector("loss pass", "LossPass", at, [tensor("logits", "float32", f32(logits))], 3)
    yield vector("loss result", "LossResult", {**at, "loss_sum": loss_sum, "hits": hits, "compute_us": 90}, result[1:], 3)
    at_round = {"epoch": 1, "batch": 0, "attempt": 0}
    after, local_loss, local_hits = trained()
    training = {
        "epochs": 1, "batch_size": 3, "seed": "00000000000003e8", "optimizer": "sgd", "lr": 0.5, "momentum": 0.0, "nesterov": 0,
        "weight_decay": 0.0, "clip_grad_norm": 0.0, "proximal_mu": 0.0}
    yield vector("local training", "LocalTraining", {**at_round, **training}, forward[1:], 4)
    yield vector("local result", "LocalResult", {**at_round, "loss_sum": local_loss, "hits": local_hits, "compute_us": 640},
                 [tensor("params", "float32", f32(after))], 4)
    # Node 1 with the neighbours 2 and 3. Their models are such that the mixture is the example's again.
    edges = {"neighbors": [2, 3], "own_weight": 0.5, "weights": [0.25, 0.25]}
    neighbors = [[p + 0.5 for p in PARAMS], [p - 0.5 for p in PARAMS]]
    second = {"epoch": 2, "batch": 0, "attempt": 0}
    yield vector("gossip round, the first", "GossipRound", {**at_round, **training, "model_epoch": 0, "model_batch": 0, **edges}, forward[1:], 5)
    yield vector("gossip result", "GossipResult", {**at_round, "loss_sum": local_loss, "hits": local_hits, "compute_us": 640, "to": [2, 3]},
                 [tensor("params", "float32", f32(after))], 5)
    yield vector("gossip round", "GossipRound", {**second, **training, "model_epoch": 1, "model_batch": 0, **edges},
                 [tensor("neighbor_params", "float32", neighbors)], 6)
    yield vector("gossip round with the node's model", "GossipRound", {**second, **training, "model_epoch": 1, "model_batch": 0, **edges},
                 [tensor("neighbor_params", "float32", neighbors), tensor("params", "float32", PARAMS)], 7)
    # A turn of one batch, whose two rows are all that it has: its G is of their own mean loss. A step of SGD with learning rate 0.5 follows.
    turn, turn_batch, turn_end = {"epoch": 1, "batch": 0, "attempt": 0}, {"epoch": 1, "batch": 0, "attempt": 0}, {"epoch": 1, "batch": 1, "attempt": 0}
    turn_grads, turn_param_grads = step(batch_rows=len(INDICES))[-2:]
    yield vector("turn start", "TurnStart", {
        **turn, "seed": "00000000000003e8", "optimizer": "sgd", "lr": 0.5, "momentum": 0.0, "nesterov": 0, "weight_decay": 0.0, "clip_grad_norm": 0.0},
        [tensor("params", "float32", PARAMS[:10])], 5)
    yield vector("turn ack", "TurnAck", {**turn, "compute_us": 70}, request_id=5)
    yield vector("turn forward", "TurnForward", turn_batch, [tensor("indices", "int32", INDICES)], 6)
    yield vector("turn activation result", "ActivationResult", {**turn_batch, "compute_us": 430}, result[:1], 6)
    yield vector("turn loss pass", "LossPass", turn_batch, [tensor("logits", "float32", f32(logits))], 7)
    yield vector("turn loss result", "LossResult", {**turn_batch, "loss_sum": loss_sum, "hits": hits, "compute_us": 90}, result[1:], 7)
    yield vector("turn backward", "TurnBackward", turn_batch, [tensor("activation_grads", "float32", f32(turn_grads))], 8)
    yield vector("turn end", "TurnEnd", turn_end, request_id=9)
    yield vector("turn result", "TurnResult", {**turn_end, "compute_us": 20},
                 [tensor("params", "float32", f32([p - 0.5 * g for p, g in zip(PARAMS, turn_param_grads)]))], 9)
    yield vector("validation pass", "ValidationPass", {"epoch": 1, "batch": 0, "attempt": 0, "batch_rows": 1}, forward, 10)
    yield vector("validation result", "ValidationResult", {"epoch": 1, "batch": 0, "attempt": 0, "loss_sum": loss_sum, "hits": hits, "compute_us": 410}, (), 10)
    yield from blind()
    yield from enrolment()
    yield vector("task failed", "TaskFailed", {"code": "no_forward", "text": "no forward pass of epoch 1, batch 7 is held"}, request_id=3)


def main():
    content = {
        "example": {"pixels": PIXELS, "labels": LABELS, "rows": 2, "columns": 2},
        "token": {
            "token": TOKEN.hex(), "node_id": 1, "session": SESSION, "node_nonce": NODE_NONCE, "orchestrator_nonce": ORCHESTRATOR_NONCE,
            "node_proof": proof(1), "orchestrator_proof": proof(2), "certificate_sha256": CERTIFICATE_SHA256.hex(),
            "node_proof_with_tls": proof(1, CERTIFICATE_SHA256), "orchestrator_proof_with_tls": proof(2, CERTIFICATE_SHA256)},
        "vectors": list(vectors()),
    }
    with open(os.path.join(HERE, "protocol.json"), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.write("\n")


main()
