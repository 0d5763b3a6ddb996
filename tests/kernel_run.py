"""Runs code in a kernel of a person's server, over the same websocket as their browser."""

import asyncio
import json
import uuid

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect


def run(house, user, code, kernel="python3", *, watched=True, patience=90):
    """Starts a kernel on the server of `user`, runs `code` in it and returns what it printed; the kernel stays.

    Unless it is `watched`, goes away as soon as the kernel is at work, as a closed browser does.
    """
    token = {"Authorization": f"token {house.token(user)}"}
    client = house.sign_in(user)
    answer = client.post(f"/user/{user}/api/kernels", json={"name": kernel}, headers=token)
    assert answer.status_code == 201, answer.text
    address = f"{house.url}/user/{user}/api/kernels/{answer.json()['id']}/channels".replace("http", "ws", 1)
    return asyncio.run(
        asyncio.wait_for(_ask(HTTPRequest(address, headers=token, request_timeout=patience), code, watched), patience)
    )


async def _ask(request, code, watched):
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "version": "5.3",
        "username": "",
        "session": "1",
    }
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": True}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    channel = await websocket_connect(request)
    try:
        await channel.write_message(json.dumps(message))
        return await _printed(channel, header["msg_id"], watched)
    finally:
        channel.close()
        while await channel.read_message() is not None:
            pass


async def _printed(channel, asked, watched):
    """What the cell printed, once it has been answered and its last output is there."""
    printed, replied, idle = [], False, False
    while not (replied and idle):
        told = json.loads(await channel.read_message())
        if told["parent_header"].get("msg_id") != asked:
            continue
        assert told["msg_type"] != "error", "\n".join(told["content"].get("traceback", []))
        if not watched and told["msg_type"] == "execute_input":
            break
        if told["msg_type"] == "stream":
            printed.append(told["content"]["text"])
        replied |= told["msg_type"] == "execute_reply"
        idle |= told["msg_type"] == "status" and told["content"]["execution_state"] == "idle"
    return "".join(printed)
