"""Articles that make briefs with something to see; our own words, invented places."""

from __future__ import annotations

from typing import Any

BRIDGE: list[dict[str, Any]] = [
    {
        "id": "1-ledger", "publisher": "Orla Ledger", "title": "Bridge reopens after nine months",
        "published_at": "2025-11-03T08:00:00Z", "url": "https://ledger.example/bridge",
        "text": "Bridge reopens after nine months\n\nThe bridge over the Orla reopened on Monday, as"
        " the city had promised.\nOfficials said that they counted 12 broken cables. Two lanes stay"
        " closed until Friday.\nThe mayor thanked the crews. The work cost more than was planned.",
    },
    {
        "id": "2-courier", "publisher": "Northern Courier", "title": "Traffic is back on the Orla",
        "published_at": "2025-11-03T10:30:00Z",
        "text": "The bridge over the Orla reopened on Monday, and the first cars crossed at dawn."
        " Officials said that they counted 14 broken cables. Buses take the old route for now.",
    },
]  # fmt: skip

LATER: list[dict[str, Any]] = [
    *BRIDGE,
    {
        "id": "https://herald.example/2025/tuesday?id=3&x=%20y#top", "publisher": "Orla Herald", "published_at": "2025-11-04T09:00:00Z",
        "text": "A cyclist was the first to cross the bridge on Tuesday. Shops on both banks reopened.",
    },
]  # fmt: skip

SCRIPTS: list[dict[str, Any]] = [
    {
        "id": "1-emoji", "publisher": "Zu\u0308rcher Bote \U0001f5de",
        "text": "\U0001f389 Tausende feierten \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
        " im Cafe\u0301 am See, ein Fest f\u00fcr alle. \U0001f3f3\ufe0f\u200d\U0001f308 Die Stadt"
        " za\u0308hlte 4000 Ga\u0308ste \U0001f44d\U0001f3fd. \U0001d4e2pa\u0308ter kam der Regen.",
    },
    {
        "id": "2-rtl", "publisher": "\u05d4\u05d3", "language": "he",
        "text": "\U0001f389 \u05d4\u05d2\u05e9\u05e8 \u05e0\u05e4\u05ea\u05d7 \u05de\u05d7\u05d3\u05e9"
        " \u05d1\u05d9\u05d5\u05dd \u05e9\u05e0\u05d9, \u05d0\u05d7\u05e8\u05d9 9 \u05d7\u05d5\u05d3\u05e9\u05d9\u05dd."
        " \u0623\u0639\u0644\u0646\u062a \u0627\u0644\u0628\u0644\u062f\u064a\u0629 \u0630\u0644\u0643"
        " \u0641\u064a \u0628\u064a\u0627\u0646 (12 \u0635\u0641\u062d\u0629). \u05e9\u05dc\u05d5\u05dd"
        " \u200f\u05dc\u05db\u05dc Orla \U0001f44b.",
    },
]  # fmt: skip

FLOOD: list[dict[str, Any]] = [
    {
        "id": "1-ledger", "publisher": "Harbor Ledger", "title": "Orla bursts its banks", "published_at": "2025-11-03T16:40:00Z",
        "text": "The Orla burst its banks at Varn on Monday, and half of the old town stood under water by noon."
        " The death toll rose to 12 people on Monday afternoon. Officials said that they counted 340 flooded houses."
        " Trains between Varn and Tessel do not run.",
    },
    {
        "id": "2-coast", "publisher": "Coast Times", "title": "Twelve dead in the Varn flood", "published_at": "2025-11-03T15:05:00Z",
        "text": "The Orla burst its banks at Varn on Monday, after two days of rain."
        " The death toll rose to 9 people, the county said. Officials said that they counted 510 flooded houses."
        " Rescuers brought (ASIDE) forty people from the roofs.",
    },
    {
        "id": "3-courier", "publisher": "Northern Courier", "title": "Flood at Varn", "published_at": "2025-11-03T09:10:00Z",
        "text": "The Orla burst its banks at Varn early on Monday. The death toll rose to 7 people."
        " Trains between Varn and Tessel do not run. Rescuers brought (ASIDE) forty people from the roofs.",
    },
    {
        "id": "4-mirror", "publisher": "Tessel Mirror", "published_at": "2025-11-03T09:30:00Z",
        "text": "The Orla burst its banks at Varn early on Monday. The death toll rose to 7 people."
        " Trains between Varn and Tessel do not run. Rescuers brought (ASIDE) forty people from the roofs.",
    },
]  # fmt: skip
"""A whole report, parts, a dispute (houses), a toll that rose, a reprint and a fact left out."""

CARD = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"

HOSTILE: list[dict[str, Any]] = [
    {
        "id": "card\"><svg onload=alert(1)>", "publisher": f"Press {CARD}", "title": f"Title {CARD}",
        "url": "javascript:document.title='owned'",
        "text": f"{CARD} The mayor said this, with '\"><svg/onload=document.title='owned'> and"
        " {{7*7}} ${7*7} [x](javascript:alert(1)). ]]> <!-- The second sentence --> is here.",
    },
]  # fmt: skip


def marked(story: list[dict[str, Any]], word: str) -> list[dict[str, Any]]:
    """The story with a word that the worker heeds, so that it is a brief of its own too."""
    first, *others = story
    return [{**first, "text": f"{first['text']} It was a {word} day."}, *others]
