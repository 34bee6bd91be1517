# SPDX-License-Identifier: MIT
"""What the servers of badserver.py do. What they send is in answers.py."""

from answers import STUB_STATUS, http

MIB = 1024 * 1024


def says(data):
    """Sends `data` at once, as a raw stats server does, and closes."""
    return lambda peer: peer.send(data)


def answers(data):
    """Reads a request, then sends `data` and closes."""
    def behaviour(peer):
        if peer.read_request():
            peer.send(data)
    return behaviour


def hung(peer):
    """Takes everything and never says a word."""
    peer.hold()


def reset_at_once(peer):
    peer.reset()


def reset_after_request(peer):
    peer.read_request()
    peer.reset()


def drips(data, wait_for_request=False):
    """Sends a byte of `data` every fifth of a second, and holds the connection open at its end."""
    def behaviour(peer):
        if wait_for_request:
            peer.read_request()
        for number in range(len(data)):
            peer.send(data[number:number + 1])
            if not peer.pause(0.2):
                return
        peer.hold()
    return behaviour


def streams(head, unit, size, wait_for_request=False):
    """Sends `head`, then `unit` again and again until `size` bytes are over."""
    def behaviour(peer):
        if wait_for_request:
            peer.read_request()
        block = unit * max(1, MIB // len(unit))
        peer.send(head)
        sent = 0
        while sent < size:
            peer.send(block)
            sent += len(block)
    return behaviour


def slow_status_page(seconds):
    """A good status page, `seconds` after it was asked for."""
    def behaviour(peer):
        if peer.read_request() and peer.pause(seconds):
            peer.send(http(STUB_STATUS))
    return behaviour
