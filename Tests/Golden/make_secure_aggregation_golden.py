#!/usr/bin/env python3
"""Writes secure_aggregation.json: keys and masks, written from docs/reference/protocol.md alone.

Needs the module cryptography from version 44 on, for P-256, AES and certificates. The output is the same on every run, and it
is committed.
"""
import datetime
import hashlib
import hmac
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import golden_json

RUN = "run Ω"
IDS = [1, 2, 5]
STEP = (3, 4, 1)
USE = 1
P = 2**61 - 1


def i32(*values):
    return struct.pack(f"<{len(values)}i", *values)


def extract(salt, secret):
    return hmac.new(salt or bytes(32), secret, hashlib.sha256).digest()


def expand(secret, info, length):
    out, block = b"", b""
    for n in range(1, 256):
        block = hmac.new(secret, block + info + bytes([n]), hashlib.sha256).digest()
        out += block
        if len(out) >= length:
            return out[:length]


def keystream(key, words, size):
    encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    return struct.unpack(f"<{words}{'IQ'[size // 8]}", encryptor.update(bytes(words * size)))


def spki(key):
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


KEYS = {i: ec.derive_private_key(0x1111 * (i + 1), ec.SECP256R1()) for i in IDS}
OFFERS = {i: i32(i) + spki(KEYS[i]) + b"\0" + b"\0\0" for i in IDS}
ROSTER = i32(len(IDS)) + b"".join(i32(len(OFFERS[i])) + OFFERS[i] for i in IDS)
TRANSCRIPT = hashlib.sha256(b"TLW1 key roster" + i32(len(RUN.encode())) + RUN.encode() + ROSTER).digest()
GROUP = bytes(range(32))
GROUP_SECRET = extract(TRANSCRIPT, GROUP)


def pair_secret(a, b):
    return extract(TRANSCRIPT, KEYS[a].exchange(ec.ECDH(), KEYS[b].public_key()))


def pair_mask_key(low, high, participants, degree, size):
    group = hashlib.sha256(b"TLW1 mask group" + i32(degree) + i32(*participants)).digest()
    info = b"TLW1 pair mask" + i32(low, high) + i32(*STEP) + bytes([USE, size]) + group
    return expand(pair_secret(low, high), info, 16)


def group_mask_key(size):
    return expand(GROUP_SECRET, b"TLW1 group mask" + i32(*STEP) + bytes([USE, size]), 16)


def masked(node, values, size):
    total = list(values)
    for other in IDS:
        if other != node:
            low, high = min(node, other), max(node, other)
            mask = keystream(pair_mask_key(low, high, IDS, 0, size), len(values), size)
            total = [t + m if node == low else t - m for t, m in zip(total, mask)]
    if node == IDS[0]:
        total = [t + m for t, m in zip(total, keystream(group_mask_key(size), len(values), size))]
    return [t % 2 ** (8 * size) for t in total]


def tag(values, point):
    return sum(v * pow(point, j + 1, P) for j, v in enumerate(values)) % P


def tag_words(value):
    return [(value >> (21 * i)) & (2**21 - 1) for i in range(3)]


def derived(salt, purpose, length):
    return expand(extract(salt, GROUP), purpose + RUN.encode(), length)


def ring(transcript, ids):
    return sorted(ids, key=lambda i: hashlib.sha256(transcript + i32(i)).digest())


def seal(plaintext, associated, segment):
    salt = bytes(range(100, 132))
    aes = AESGCM(derived(salt, b"TLW1 group seal", 32))
    parts = [plaintext[i:i + segment] for i in range(0, len(plaintext), segment)] or [b""]
    nonce = lambda i: i32(i) + bytes(7) + bytes([i == len(parts) - 1])
    return salt + b"".join(aes.encrypt(nonce(i), part, associated) for i, part in enumerate(parts))


def wrapped(sender, receiver):
    nonce = bytes(range(50, 62))
    key = expand(pair_secret(*sorted((sender, receiver))), b"TLW1 group wrap" + i32(sender, receiver), 32)
    return nonce + AESGCM(key).encrypt(nonce, GROUP, RUN.encode())


def certificate(name, key, issuer, issuer_key, extensions):
    builder = x509.CertificateBuilder(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        key.public_key(), 1, datetime.datetime(2020, 1, 1), datetime.datetime(2120, 1, 1))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    signed = builder.sign(issuer_key, hashes.SHA256(), ecdsa_deterministic=True)
    return signed.public_bytes(serialization.Encoding.DER)


def signed_offer(node):
    """The CA's certificate, and the offer of a node under a certificate of its own."""
    authority, own = ec.derive_private_key(77, ec.SECP256R1()), ec.derive_private_key(78, ec.SECP384R1())
    root = certificate("CA", authority, "CA", authority, [x509.BasicConstraints(ca=True, path_length=None)])
    names = x509.SubjectAlternativeName([x509.DNSName(f"node-{node}")])
    leaf = certificate("a node", own, "CA", authority, [names, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])])
    data = b"TLW1 key offer" + i32(node) + spki(KEYS[node]) + RUN.encode()
    signature = own.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    offer = i32(node) + spki(KEYS[node]) + b"\1" + struct.pack("<H", len(leaf)) + leaf + struct.pack("<H", len(signature)) + signature
    return {"authority": root.hex(), "offer": offer.hex()}


def vectors(size):
    point = int.from_bytes(expand(GROUP_SECRET, b"TLW1 tag point" + i32(*STEP), 16), "little") % (P - 1) + 1
    values = {1: [1, -2, 3], 2: [10, 20, -30], 5: [-100, 200, 300]}
    with_tags = {i: v + tag_words(tag(v, point)) for i, v in values.items()}
    sent = {i: masked(i, v, size) for i, v in with_tags.items()}
    total = [sum(words) % 2 ** (8 * size) for words in zip(*sent.values())]
    mask = keystream(group_mask_key(size), len(total), size)
    bare = [(t - m) % 2 ** (8 * size) for t, m in zip(total, mask)]
    assert bare[:3] == [v % 2 ** (8 * size) for v in (-89, 218, 273)]
    assert sum(w << (21 * i) for i, w in enumerate(bare[3:])) % P == tag([-89, 218, 273], point)
    return {
        "pair_mask_keys": {f"{a},{b}": pair_mask_key(a, b, IDS, 0, size).hex() for a, b in ((1, 2), (1, 5), (2, 5))},
        "group_mask_key": group_mask_key(size).hex(),
        "values": list(values.values()),
        "with_tags": list(with_tags.values()),
        "sent": list(sent.values()),
        "sum": total,
        "unmasked_sum": bare,
        "point": point,
        "tag_of_sum": tag([-89, 218, 273], point),
    }


golden_json.save("secure_aggregation", {
    "run": RUN,
    "ids": IDS,
    "private_keys": {str(i): f"{0x1111 * (i + 1):064x}" for i in IDS},
    "roster": ROSTER.hex(),
    "transcript": TRANSCRIPT.hex(),
    "pair_secrets": {f"{a},{b}": pair_secret(a, b).hex() for a, b in ((1, 2), (1, 5), (2, 5))},
    "group": GROUP.hex(),
    "group_secret": GROUP_SECRET.hex(),
    "group_id": derived(b"", b"TLW1 group id", 16).hex(),
    "step": STEP,
    "use": USE,
    "masks_32": vectors(4),
    "masks_64": vectors(8),
    "ring": {"ids": list(range(12)), "order": ring(bytes(range(32)), range(12)), "transcript": bytes(range(32)).hex()},
    "signed": signed_offer(5),
    "wrapped_by_1_for_5": wrapped(1, 5).hex(),
    "wrapped_by_5_for_1": wrapped(5, 1).hex(),
    "plaintext": b"the parameters".hex(),
    "associated": b"epoch 2".hex(),
    "sealed": seal(b"the parameters", b"epoch 2", 64 * 2**20).hex(),
    "sealed_in_segments_of_5": seal(b"the parameters", b"epoch 2", 5).hex(),
    "label": "parameters",
    "hash": hmac.new(derived(b"", b"TLW1 group auth" + i32(10) + b"parameters", 32), b"data", hashlib.sha256).hexdigest(),
})
