#!/usr/bin/env python3
"""How long the bytes of a step take alone: over as many loopback connections between two processes, nothing computed.

Usage: loopback_bytes.py VISITS BYTES_OUT BYTES_BACK [STEPS [AT_ONCE]]

Every visit sends BYTES_OUT to its node, which then sends BYTES_BACK; AT_ONCE visits are under way at once.
"""
import os
import selectors
import socket
import sys
import time

PIECE = 256 * 1024


def tuned(s):
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.setblocking(False)
    return s


def send(s, data, done):
    """Sends what the socket takes. Returns how much of data is out."""
    while done < len(data):
        try:
            done += s.send(data[done:done + PIECE])
        except BlockingIOError:
            break
    return done


def receive(s, length, buffer, done):
    """Receives what is there, all into one place: only the moving is measured. Returns how much has come, -1 at the end."""
    while done < length:
        try:
            n = s.recv_into(buffer, min(PIECE, length - done))
        except BlockingIOError:
            break
        if n == 0:
            return -1
        done += n
    return done


def nodes(port, visits, out, back):
    selector = selectors.DefaultSelector()
    buffer = bytearray(PIECE)
    reply = memoryview(bytearray(back))
    for _ in range(visits):
        selector.register(tuned(socket.create_connection(("127.0.0.1", port))), selectors.EVENT_READ, [0, 0])
    while True:
        for key, _ in selector.select():
            s, state = key.fileobj, key.data
            if state[0] < out:
                state[0] = receive(s, out, buffer, state[0])
                if state[0] < 0:
                    return
                if state[0] == out:
                    selector.modify(s, selectors.EVENT_WRITE, state)
            else:
                state[1] = send(s, reply, state[1])
                if state[1] == back:
                    state[:] = [0, 0]
                    selector.modify(s, selectors.EVENT_READ, state)


def step(sockets, theta, back, at_once):
    selector = selectors.DefaultSelector()
    buffer = bytearray(PIECE)
    waiting = iter(sockets)

    def begin():
        s = next(waiting, None)
        if s is not None:
            selector.register(s, selectors.EVENT_WRITE, [0, 0])

    for _ in range(at_once):
        begin()
    while selector.get_map():
        for key, _ in selector.select():
            s, state = key.fileobj, key.data
            if state[0] < len(theta):
                state[0] = send(s, theta, state[0])
                if state[0] == len(theta):
                    selector.modify(s, selectors.EVENT_READ, state)
            else:
                state[1] = receive(s, back, buffer, state[1])
                if state[1] == back:
                    selector.unregister(s)
                    begin()


def main():
    visits, out, back = (int(a) for a in sys.argv[1:4])
    steps = int(sys.argv[4]) if len(sys.argv) > 4 else 10
    at_once = int(sys.argv[5]) if len(sys.argv) > 5 else 64
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    child = os.fork()
    if child == 0:
        nodes(listener.getsockname()[1], visits, out, back)
        os._exit(0)
    sockets = [tuned(listener.accept()[0]) for _ in range(visits)]
    theta = memoryview(bytearray(out))
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        step(sockets, theta, back, at_once)
        seconds.append(time.perf_counter() - start)
    for s in sockets:
        s.close()
    os.waitpid(child, 0)
    median = sorted(seconds)[len(seconds) // 2]
    total = visits * (out + back)
    print(f"visits={visits} mb={total / 1e6:.0f} median_ms={median * 1e3:.1f} min_ms={min(seconds) * 1e3:.1f} gb_per_s={total / median / 1e9:.2f}")


main()
