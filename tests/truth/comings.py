# SPDX-License-Identifier: MIT
"""Who comes to a site, what clients do there, and how they leave."""

import socket

import doors
import kinds
import kinds_more
from books import Client
from ledger_clients import read_answer, request

OLD_SECONDS = 3
ASKED_BEFORE = ("idle", "idle after the application", "idle after a pool")
KINDS = (*kinds.PLAIN, *kinds.SLOW, *kinds.CLOSED, *kinds.BEHIND, *kinds.HANDSHAKES,
         *kinds.STRANGERS, *kinds_more.HTTP2, *kinds_more.SESSIONS)


# ---- who comes -----------------------------------------------------------------------------------

def _doors(world, kind):
    there = {**world.place.doors, **world.place.other_doors}
    return [there[name] for name in kind.doors if name in there
            and f"{kind.name} by {name}" not in world.without]


def _kinds(world):
    """Those that there may be here and now, besides the ones that wait."""
    shape, there = world.shape, {client.kind for client in world.clients}
    free = world.cores_free() - world.waiting()
    return [kind for kind in KINDS
            if kind.name not in world.without and _doors(world, kind) and kind not in there
            and (not kind.needs or kind.needs in shape.features)
            and (world.has_routes or not kind.own)
            and not (kind.blocks and shape.app.is_async)
            and (free > 0 or not kind.cores and not kind.brief)]


def enter_some(world):
    """Some kinds, then those that need the application."""
    rng = world.rng
    found = _kinds(world)
    chosen = rng.sample(found, min(len(found), rng.randint(1, 6)))
    for kind in sorted(chosen, key=lambda kind: kind.cores):
        count = rng.randint(1, 5)
        if kind.cores:
            count = min(count, world.cores_free() - world.waiting())
        if count > 0:
            enter(world, kind, count)
        if kind.brief:
            world.settle()  # before others take its worker
    if world.cores_free() > 0 and rng.random() < 0.4:
        world.settle()  # or they would be before others who need a worker of their own
        for kind in rng.sample(kinds.WAITING, rng.randint(1, 2)):
            enter(world, kind, rng.randint(1, 5))


def enter(world, kind, count):
    world.story.append(f"{count} {kind.name}")
    here = _doors(world, kind)
    for spots in kind.spots(count):
        door = world.rng.choice(here)
        world.clients.append(Client(kind, door, kind.enter(door), spots))


# ---- who stays -----------------------------------------------------------------------------------

def _some(world, clients, most):
    return world.rng.sample(clients, min(len(clients), world.rng.randint(1, most)))


def may_ask(world):
    return [client for client in world.clients
            if client.kind.name in ASKED_BEFORE and not client.is_mute]


def ask_a_little(world):
    """Some idle clients, who are returned, ask for something small, which a worker may be late to
    answer."""
    asking = _some(world, may_ask(world), 4)
    for client in asking:
        client.connection.sendall(request("/small"))
    world.story.append(f"{len(asking)} ask meanwhile")
    return asking


def read_answers(clients):
    """Over a unix socket they would be `sending` otherwise."""
    for client in clients:
        assert read_answer(client.connection) == 200


def fall_silent(world):
    """Some idle clients vanish: nothing tells that they have."""
    gone = _some(world, [client for client in world.clients
                         if client.kind.line == "keepalive" and client.ends
                         and client.door.name in kinds.OVER_TCP], 4)
    for client in gone:
        doors.fall_silent(client.connection)
        client.is_mute = True
    world.story.append(f"{len(gone)} vanish without a word")


def grow_old(world):
    """Until requests have been with the application for so long that it counts."""
    world.wait(lambda: world.place.oldest_request() >= OLD_SECONDS, "a request that is old")
    world.story.append(f"requests are {OLD_SECONDS} s old")


# ---- who leaves ----------------------------------------------------------------------------------

def leave(world):
    """Some of those clients go, by FIN or by RST, of whom nothing stays, or just a worker of uWSGI
    that is at it for nobody. Returns them: nginx may not have noticed."""
    is_known = not world.mixed and world.queued() == (0, 0)
    gone = _some(world, [client for client in world.clients if client.kind.leaves
                         and (is_known or not client.kind.waits and not client.kind.cores)], 6)
    by_reset = world.rng.random() < 0.5
    world.story.append(f"{len(gone)} leave by {'RST' if by_reset else 'FIN'}")
    for client in gone:
        # Who does not acknowledge anything cannot take leave.
        is_rude = by_reset or client.kind.own
        (doors.abort if is_rude else socket.socket.close)(client.connection)
        world.clients.remove(client)
        world.orphans += client.kind.orphans
    return gone


def unheard(world):
    """Those that nginx would not notice if they reset. A worker that ends keeps nobody who is idle.
    """
    return [client for client in world.clients if client.kind.unheard
            and not (world.reloaded and "waiting" in client.kind.unheard)]


def leave_unheard(world):
    for client in _some(world, unheard(world), 4):
        doors.abort(client.connection)
        world.clients.remove(client)
        world.ghosts.append(client.kind)
        world.story.append(f"1 {client.kind.name}: resets, unheard")
