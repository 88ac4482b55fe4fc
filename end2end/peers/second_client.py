"""A WebSocket client that is none of ours (Python's `websockets`): says what it met at a Maru server as one line of JSON. It judges nothing."""

import asyncio
import json
import sys

import websockets


def length(n: int) -> bytes:
    return bytes([n]) if n < 128 else bytes([(n & 127) | 128, n >> 7])


def probe(nonce: int, padding: bytes) -> bytes:
    return bytes([7, nonce]) + length(len(padding)) + padding


def probed(nonce: int, padding: bytes) -> bytes:
    return bytes([75, nonce]) + length(len(padding)) + padding


async def end(socket) -> list:
    """The code and the reason that a connection is closed with, whatever comes before."""
    try:
        while True:
            await socket.recv()
    except websockets.ConnectionClosed as closed:
        return [closed.rcvd.code, closed.rcvd.reason]


async def main(origin: str, doc: str) -> dict:
    rt, yjs = f"{origin}/rt/1/ws", f"{origin}/ws/{doc}"
    met = {}
    async with websockets.connect(rt, subprotocols=["rt.1"]) as socket:
        met["subprotocol"] = socket.subprotocol
        met["extensions"] = [str(extension.name) for extension in socket.extensions]
        padding = b"*" * 2_000
        await socket.send(probe(1, padding))
        met["whole"] = await socket.recv() == probed(1, padding)
        whole = probe(2, padding)
        await socket.send([whole[at : at + 100] for at in range(0, len(whole), 100)])
        met["pieces"] = await socket.recv() == probed(2, padding)
        pong = await socket.ping(b"between")
        await pong
        met["pong"] = True
    met["left"] = socket.close_code
    async with websockets.connect(rt) as socket:
        await socket.send("text")
        met["text"] = await end(socket)
    async with websockets.connect(yjs) as socket:
        met["step1"] = list(await socket.recv())
        # Step 1 of an empty document is answered by step 2.
        await socket.send(bytes([0, 0, 1, 0]))
        met["step2"] = list(await socket.recv())[:2]
        await socket.send(bytes([99]))
        met["strange"] = (await end(socket))[0]
    codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4999]
    met["codes"] = []
    for code in codes:
        socket = await websockets.connect(rt)
        await socket.close(code)
        met["codes"].append([code, socket.close_code])
    return met


print(json.dumps(asyncio.run(asyncio.wait_for(main(sys.argv[1], sys.argv[2]), 60))))
