"""What every tenant starts with: the nouns of the samples, and a second of each."""

from __future__ import annotations

from blinger_mock import visitor
from blinger_mock.ids import uuid_from
from blinger_mock.model import Agent, Bot, Conversation, EndUser, File
from blinger_mock.state import Seed

CONVERSATION = "e1d247c8-5cd8-4f93-b9d7-15fd3259ac22"
AGENT = "c671d030-584e-4422-8710-9215c04b6a64"

MADE = 1_562_228_238
"""When what has no time of its own was made, in Unix seconds."""
_AGENT_MADE = 1_562_228_791
_BOT = Bot("ad92f7ab-388f-4e86-a20a-4425885bfa40", "Blinger bot", 1_562_228_206)
_END_USER = visitor.end_user("3132ad01-1d3c-4d14-ad05-19ae73c07556", MADE)
_AVATAR = File(
    id="76d94b6b-a45c-4d62-8010-bd2f52d8c846",
    kind="image",
    mime_type="image/jpeg",
    name="5d1db8373db3a",
    ext="jpeg",
    size=5106,
    path="/c2/b1/62/be16b35869e9491a6761c013cbae7548f23b17abb225eaa82efd214264779825.jpeg",
    width=400,
    height=400,
    created_at=1_562_198_400,
)
_VADIM = Agent(AGENT, "12345", "Vadim Belorusov", _AVATAR, _AGENT_MADE)


def seed(number: int) -> Seed:
    """Return what every tenant of a server with the seed *number* starts with."""
    second = Agent(uuid_from(number, "agent", 2), "67890", "Second Agent", None, _AGENT_MADE)
    return Seed(
        conversations=(
            empty(CONVERSATION, _END_USER),
            empty(uuid_from(number, "conversation", 2), _visitor(number, 2)),
            empty(uuid_from(number, "conversation", 3), _visitor(number, 3), locked=True),
        ),
        agents=(_VADIM, second),
        bot=_BOT,
    )


def _visitor(number: int, which: int) -> EndUser:
    return visitor.end_user(uuid_from(number, "end user", which), MADE)


def empty(
    identifier: str,
    end_user: EndUser,
    created_at: int = MADE,
    *,
    agent: Agent | None = None,
    locked: bool = False,
) -> Conversation:
    """Return a conversation without messages."""
    return Conversation(
        id=identifier,
        end_user=end_user,
        agent=agent,
        locked=locked,
        created_at=created_at,
        updated_at=created_at,
        last_microseconds=0,
        messages=0,
        reviews=0,
    )
