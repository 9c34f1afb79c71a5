"""`newsbrief writer` with everything real but the model: a chat server that says the prompt back. It beats
every half second.

python -m tests.models.fake_writer PORT [FINGERPRINT]
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn

from service import writer_app
from service.models.http_writer import remote_writer
from service.models.shared_writer import READER, WRITER
from service.secret import Secret
from service.writer_app import create_writer_app
from tests.models.chat_server import ChatServer, Handler, chat_server, odds, says, status

KEY = Secret("a key of the writer")


def reply(handler: Handler, body: dict[str, Any]) -> None:
    """The last message, word by word; SLOW ones take two seconds. A question is answered Yes. Whoever asks
    beside another is told so."""
    said = body["messages"][-1]["content"]
    if handler.chat.at_once > 1:
        says("Two at once.")(handler, body)
    elif body.get("logprobs"):
        odds(Yes=-0.25, No=-1.75 if body["model"] == WRITER else -2.25)(handler, body)
    elif "LONG" in said:
        status(400, '{"error": {"message": "the request exceeds the context size"}}')(handler, body)
    else:
        says(said, wait_s=0.5 if "SLOW" in said else 0.02)(handler, body)


def app(server: ChatServer, fingerprint: str = "model@1") -> Any:
    server.replies = [reply]
    models = {
        name: remote_writer(server.url, name, None, concurrency=1, deadline_s=20)
        for name in (WRITER, READER)
    }
    for each in models.values():
        each.fingerprint = fingerprint

    async def up() -> bool:
        return True

    return create_writer_app(models, up, KEY)


def main() -> None:
    writer_app.BEAT_S = 0.5
    with chat_server() as server:
        config = uvicorn.Config(app(server, *sys.argv[2:3]), port=int(sys.argv[1]), log_config=None)
        uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
