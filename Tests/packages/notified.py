#!/usr/bin/env python3
"""Stands for systemd: notified.py SOCKET FILE writes what a service says on its NOTIFY_SOCKET into a file."""
import os
import socket
import sys

server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
with open(sys.argv[2], "wb", buffering=0) as file:
    while True:
        file.write(server.recv(4096) + b"\n")
