"""Articles by the kind of trouble they give a reader, with what may be printed of them.

People, places and outlets are invented. About half of each kind is what only looks like the trouble.
"""

from __future__ import annotations

import msgspec


class Reading(msgspec.Struct, frozen=True):
    """An article, and all the sentences that are read of it, in order."""

    name: str
    text: str
    sentences: tuple[str, ...]


class Briefing(msgspec.Struct, frozen=True):
    """Articles, and what their brief says: all of `printed`; `never` only in a sentence with `by`,
    in none without it; `absent` in none. `told` is printed or listed as withheld. `apart` are articles
    of which none is another's reprint. `pages` are articles in HTML."""

    name: str
    texts: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    by: str = ""
    absent: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    apart: bool = False


def blocks(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs)


# Whose words: marks of quotations

THEFT = (
    "Thieves took eleven paintings from the Brandt museum in Lisvik on Thursday night, the police said.",
    "The Brandt museum in Lisvik closed its east wing until the end of May.",
)
INSURED = blocks(
    "The Brandt museum in Lisvik lost paintings worth 4 million crowns on Thursday night, its insurer said.",
    "Carpenters in Lisvik will repair the doors of the Brandt museum in June.",
)
GUARDS, ALARM, DOOR = (
    "The guards slept in the cellar",
    "The alarm was switched off by the director",
    "Nobody had locked the back door",
)
CURATOR = "said Ines Okoro, who worked as a curator in Lisvik"


def accused(name: str, *passage: str, absent: tuple[str, ...] = ()) -> Briefing:
    """What Ines Okoro says of the theft, in `passage`."""
    return Briefing(
        name, (blocks(*THEFT, *passage), INSURED), printed=THEFT, never=(GUARDS, ALARM, DOOR),
        by="Okoro", absent=absent,
    )  # fmt: skip


def reported(name: str, *sentences: str) -> Briefing:
    """Sentences of the outlet's own, in one paragraph."""
    return Briefing(name, (blocks(*THEFT, " ".join(sentences)), INSURED), printed=sentences)


MARKS = {
    "double": "“|”", "single": "‘|’", "straight double": '"|"', "straight single": "'|'",
    "guillemets": "«|»", "guillemets inwards": "»|«", "guillemets with spaces": "«\u00a0|\u00a0»",
    "low and high": "„|“", "low and right": "„|”", "right and right": "”|”", "angles": "‹|›",
    "low single": "‚|‘", "typewriter": "``|''", "corners": "「|」", "entity": "&quot;|&quot;",
    "entity escaped": "&amp;quot;|&amp;quot;", "named entities": "&ldquo;|&rdquo;",
    "numbered entities": "&#8220;|&#8221;",
}  # fmt: skip

QUOTATIONS = [
    *(
        accused(
            f"05 {name}",
            f"{marks.split('|')[0]}{GUARDS}. {ALARM}. {DOOR},{marks.split('|')[1]} {CURATOR}.",
            absent=("&quot", "quot;", "&ldquo", "&#8220"),
        )
        for name, marks in MARKS.items()
    ),
    *(
        accused(
            f"05 {name}, the speaker first",
            f"Ines Okoro, a former curator, said: {marks.split('|')[0]}{GUARDS}. {ALARM}. {DOOR}.{marks.split('|')[1]}",
        )
        for name, marks in MARKS.items()
        if name in ("double", "single", "straight double", "guillemets", "low and high")
    ),
    *(
        accused(
            f"05 {name}, over paragraphs that open and do not close",
            f"{left}{GUARDS},{right} {CURATOR}.",
            f"{left}{ALARM}.",
            f"{left}{DOOR}.{right}",
        )
        for name, left, right in (
            ("double", "“", "”"),
            ("single", "‘", "’"),
            ("guillemets", "«", "»"),
            ("straight", '"', '"'),
        )
    ),
    accused("05 nested", f"“The director told us ‘{GUARDS.lower()}.’ {ALARM}. {DOOR},” {CURATOR}."),
    accused(
        "05 nested single", f"‘The director wrote “all is well” twice. {ALARM}. {DOOR},’ {CURATOR}."
    ),
    accused(
        "05 single with apostrophes within",
        f"‘The directors’ office didn’t care. {ALARM}. {DOOR},’ {CURATOR}.",
    ),
    accused(
        "05 straight single with apostrophes within",
        f"'The directors' office didn't care. {ALARM}. {DOOR},' {CURATOR}.",
    ),
    *(
        accused(
            f"05 {name}, interrupted",
            f"{left}{GUARDS},{right} {CURATOR}. {left}{ALARM}. {DOOR}.{right}",
        )
        for name, left, right in (
            ("double", "“", "”"),
            ("single", "‘", "’"),
            ("straight single", "'", "'"),
            ("guillemets", "«", "»"),
            ("low and high", "„", "“"),
        )
    ),
    accused("05 comma outside", f"‘{GUARDS}. {ALARM}. {DOOR}’, {CURATOR}."),
    accused("05 backtick", f"`{GUARDS}. {ALARM}. {DOOR},' {CURATOR}."),
    accused("05 curly opened and straight closed", f'“{GUARDS}. {ALARM}. {DOOR}," {CURATOR}.'),
    accused("05 never closed", f"“{GUARDS}. {ALARM}. {DOOR}, {CURATOR}."),
    accused("05 dash", f"— {GUARDS}. {ALARM}. {DOOR}, {CURATOR}."),
    reported(
        "05 words of somebody within a sentence",
        "The curator Ines Okoro called the alarm of the Brandt museum “a joke” on Friday.",
        "The police in Lisvik questioned nine drivers.",
    ),
    reported(
        "05 words of somebody within a sentence, single",
        "The curator Ines Okoro called the alarm of the Brandt museum ‘a joke’ on Friday.",
        "The police in Lisvik questioned nine drivers.",
    ),
    reported(
        "05 apostrophe before a mark",
        "The guards’ ‘silent’ alarm at the Brandt museum was tested in April.",
        "The police in Lisvik questioned nine drivers.",
    ),
    reported(
        "05 decade",
        "The Brandt museum showed posters of the ’90s until the visitors’ hall was closed in April.",
        "The police in Lisvik questioned nine drivers.",
    ),
    reported(
        "05 plural possessive",
        "The artists’ union and the guards’ union asked the Brandt museum for a meeting.",
        "The police in Lisvik questioned nine drivers.",
    ),
    reported(
        "05 straight plural possessive",
        "The artists' union and the guards' union asked the Brandt museum for a meeting.",
        "The police in Lisvik questioned nine drivers.",
    ),
    reported(
        "05 name with an apostrophe",
        "Sean O’Brien painted four of the pictures that the Brandt museum lost.",
        "The police in Lisvik questioned nine drivers.",
    ),
    reported(
        "05 wrong apostrophe",
        "Sean O‘Brien painted four of the pictures that the Brandt museum lost.",
        "The police in Lisvik questioned nine drivers.",
    ),
    reported(
        "05 rock 'n' roll",
        "A rock ’n’ roll band from Lisvik will play for the Brandt museum on Sunday.",
        "The police in Lisvik questioned nine drivers.",
    ),
    reported(
        "05 feet and inches",
        "The police in Lisvik look for a driver who is 6'2\" tall.",
        "Two guards of the Brandt museum saw a grey van.",
    ),
    reported(
        "05 year cut short",
        "The class of '84 gave the Brandt museum 200 books in April.",
        "The police in Lisvik questioned nine drivers.",
    ),
    reported(
        "05 hours of the clock",
        "The guards of the Brandt museum work from 6 o’clock until 2 o’clock, the police said.",
        "Nine drivers were questioned in Lisvik.",
    ),
    reported(
        "05 nickname",
        "The painter Jonas ‘Red’ Hale lent the Brandt museum two pictures in April.",
        "The police in Lisvik questioned nine drivers.",
    ),
    reported(
        "05 title",
        "The Brandt museum called its spring exhibition “The Long Night” and sold 9,000 tickets.",
        "The police in Lisvik questioned nine drivers.",
    ),
    reported(
        "05 title in guillemets",
        "The Brandt museum called its spring exhibition «The Long Night» and sold 9,000 tickets.",
        "The police in Lisvik questioned nine drivers.",
    ),
]

# Whose words: no marks

SPILL = (
    "The tanker Solveig lost 300 tonnes of oil in the harbour of Tarvo on Monday, the coast guard said.",
    "Fishermen in Tarvo pulled 2,000 dead birds out of the water.",
)
PIER = blocks(
    "The tanker Solveig had hit a pier in Tarvo twice last year, the port authority said on Monday.",
    "Soldiers from Orsk will clean the beaches of Tarvo for two weeks.",
)
DRUNK, CHARTS, PAPERS = (
    "The captain of the Solveig was drunk",
    "The port authority of Tarvo had lost its charts",
    "The owner of the Solveig bought false papers in Orsk",
)


def alleged(name: str, by: str, *passage: str, absent: tuple[str, ...] = ()) -> Briefing:
    """What somebody says of the spill, in `passage`."""
    return Briefing(
        name, (blocks(*SPILL, *passage), PIER), printed=SPILL, never=(DRUNK, CHARTS, PAPERS), by=by,
        absent=absent,
    )  # fmt: skip


def established(name: str, passage: tuple[str, ...], *printed: str) -> Briefing:
    """What the outlet says of the spill itself, in `passage`."""
    return Briefing(name, (blocks(*SPILL, *passage), PIER), printed=printed)


def page(name: str, by: str, quoted: str) -> Briefing:
    """A page with something set as a quotation."""
    body = "".join(f"<p>{each}</p>" for each in SPILL)
    markup = (
        f"<html><head><title>Oil in Tarvo</title></head><body><article><h1>Oil in Tarvo</h1>{body}{quoted}"
        "<p>The coast guard sent four ships to the harbour of Tarvo.</p></article></body></html>"
    )
    return Briefing(
        name, (PIER,), (markup,), printed=SPILL, never=(DRUNK, CHARTS), by=by,
        absent=("Oil in Tarvo The", "biologist The"),
    )  # fmt: skip


UNMARKED = [
    alleged("06 statement", "union", "In a statement, the fishermen’s union wrote:", f"{DRUNK}.", f"{CHARTS}."),
    alleged("06 post", "Rudin", "The biologist Pavel Rudin wrote on X:", f"{DRUNK}. {CHARTS}."),
    alleged("06 post elsewhere", "Rudin", "Pavel Rudin, a biologist, posted on Facebook:", f"{DRUNK}. {CHARTS}."),
    alleged("06 letter", "Rudin", "The letter of Pavel Rudin to the council reads:", f"{DRUNK}. {CHARTS}."),
    alleged("06 press release", "Corvin", "The insurer Corvin said in a press release:", f"{DRUNK}.", f"{PAPERS}."),
    alleged("06 told us", "Rudin", "Pavel Rudin told the Tarvo Gazette:", f"{DRUNK}. {CHARTS}. {PAPERS}."),
    alleged("06 added", "Rudin", "“I saw it,” Pavel Rudin said. He added:", f"{DRUNK}. {CHARTS}."),
    alleged("06 block quote", "Rudin", "The biologist Pavel Rudin wrote on Monday:", f"> {DRUNK}.\n> {CHARTS}."),
    alleged("06 block quote of nobody", "", f"> {DRUNK}. {CHARTS}."),
    alleged("06 block quotes in a row", "Rudin", "Pavel Rudin wrote:", f"> {DRUNK}.", f"> {CHARTS}."),
    alleged("06 fact-check", "claim", f"Claim: {DRUNK}.", "Rating: False", "The coast guard tested the captain on Monday."),
    alleged("06 fact-check by lines", "claim", "Claim", f"{DRUNK}.", "Verdict", "False."),
    alleged("06 claim under test", "claim", f"The claim: {PAPERS}.", "Our verdict: There is no evidence for it."),
    alleged("06 after a colon", "Rudin", f"The biologist Pavel Rudin put it this way: {DRUNK}."),
    alleged("06 statement in full", "union", "The statement of the fishermen’s union in full:", f"{DRUNK}.", f"{CHARTS}."),
    alleged("06 statement by", "union", "Statement by the fishermen’s union:", f"{DRUNK}.", f"{CHARTS}."),
    alleged("06 it reads", "Rudin", "Pavel Rudin published a letter on Monday. It reads:", f"{DRUNK}. {CHARTS}."),
    alleged("06 according to", "Rudin", "According to the biologist Pavel Rudin:", f"{DRUNK}. {CHARTS}."),
    alleged("06 next line", "Rudin", f"The biologist Pavel Rudin wrote on X:\n{DRUNK}. {CHARTS}."),
    alleged("06 end of a paragraph", "Rudin", "Soldiers closed the road to Lund. The biologist Pavel Rudin wrote on X:", f"{DRUNK}. {CHARTS}."),
    alleged("06 myth", "myth", f"Myth: {DRUNK}.", "Fact: The coast guard tested the captain on Monday."),
    alleged("06 claimed", "claim", f"What was claimed: {PAPERS}.", "What is true: The court has seen the papers."),
    page("06 element of a quotation", "Rudin", f"<p><q>{DRUNK}. {CHARTS},</q> said Pavel Rudin, a biologist.</p>"),
    page(
        "06 pull quote",
        "Rudin",
        f"<figure><blockquote>{DRUNK}. {CHARTS}.</blockquote><figcaption>Pavel Rudin, biologist</figcaption></figure>",
    ),
    page(
        "06 embedded post",
        "Rudin",
        f"<blockquote class='twitter-tweet'><p lang='en'>{DRUNK}. {CHARTS}.</p>&mdash; Pavel Rudin (@rudin)"
        " <a href='https://x.example/rudin/1'>March 2, 2026</a></blockquote>",
    ),
    page(
        "06 quoted letter",
        "union",
        f"<p>In a letter, the fishermen’s union wrote:</p><blockquote><p>{DRUNK}.</p><p>{CHARTS}.</p></blockquote>",
    ),
    established(
        "06 what is known",
        ("Here is what is known about the spill:", "The owner of the Solveig left Tarvo on Tuesday.", "Divers found the radio of the Solveig."),
        "The owner of the Solveig left Tarvo on Tuesday.",
        "Divers found the radio of the Solveig.",
    ),
    established(
        "06 measures",
        ("The council of Tarvo decided on two measures:", "All schools in Tarvo stay closed until Friday.", "The port authority sent the ferry to Lund."),
        "All schools in Tarvo stay closed until Friday.",
        "The port authority sent the ferry to Lund.",
    ),
    established(
        "06 verdict",
        ("The verdict: guilty.", "The court in Tarvo fined the owner of the Solveig 90,000 crowns."),
        "The court in Tarvo fined the owner of the Solveig 90,000 crowns.",
    ),
    established(
        "06 enumeration",
        ("Divers found three things in the wreck of the Solveig: a broken rudder, a map and a radio.",),
        "Divers found three things in the wreck of the Solveig: a broken rudder, a map and a radio.",
    ),
    established(
        "06 claim for damages",
        ("The fishermen of Tarvo filed a claim for 3 million crowns against the owner of the Solveig.",),
        "The fishermen of Tarvo filed a claim for 3 million crowns against the owner of the Solveig.",
    ),
    established(
        "06 rating agency",
        ("The agency Corvin lowered its rating of the port of Tarvo on Tuesday.",),
        "The agency Corvin lowered its rating of the port of Tarvo on Tuesday.",
    ),
    established(
        "06 wrote off",
        ("The port authority wrote off two of its boats after the spill in Tarvo.",),
        "The port authority wrote off two of its boats after the spill in Tarvo.",
    ),
    established(
        "06 posted",
        ("The coast guard posted two ships at the entrance of the harbour of Tarvo.", "Post offices in Tarvo stay closed until Friday."),
        "The coast guard posted two ships at the entrance of the harbour of Tarvo.",
        "Post offices in Tarvo stay closed until Friday.",
    ),
    established(
        "06 statement without words",
        ("The coast guard published a statement on Monday.", "Two divers searched the wreck of the Solveig for a radio."),
        "Two divers searched the wreck of the Solveig for a radio.",
    ),
    established(
        "06 note",
        ("Note: The beach of Lund stays open.", "Two divers searched the wreck of the Solveig for a radio."),
        "Two divers searched the wreck of the Solveig for a radio.",
    ),
    established(
        "06 colon of the outlet's own",
        ("The spill has cost three companies their licence: Corvin, Belaro and Sanro.", "The owner of the Solveig left Tarvo on Tuesday."),
        "The spill has cost three companies their licence: Corvin, Belaro and Sanro.",
        "The owner of the Solveig left Tarvo on Tuesday.",
    ),
    established(
        "06 more than",
        ("The spill cost >5 million crowns, the port authority of Tarvo said.",),
        "million crowns, the port authority of Tarvo said.",
    ),
    established(
        "06 time with a colon",
        ("The fish market of Tarvo closed at 4:30 on Monday.", "Two divers searched the wreck for a radio."),
        "The fish market of Tarvo closed at 4:30 on Monday.",
        "Two divers searched the wreck for a radio.",
    ),
]  # fmt: skip

QUESTION = "What will the fishermen of Tarvo do now?"


def asked(name: str, *turns: str, by: str = "Rudin") -> Briefing:
    return alleged(name, by, *turns, absent=(QUESTION,))


TRANSCRIPTS = [
    asked("07 names", f"Pavel Rudin: {DRUNK}. {CHARTS}.", f"Interviewer: {QUESTION}", f"Pavel Rudin: {PAPERS}."),
    asked("07 names go on", f"Pavel Rudin: {DRUNK}.", f"{CHARTS}.", f"Reporter: {QUESTION}", f"Pavel Rudin: {PAPERS}."),
    asked("07 capitals by lines", "PAVEL RUDIN:", f"{DRUNK}. {CHARTS}.", "REPORTER:", QUESTION, "PAVEL RUDIN:", f"{PAPERS}."),
    asked("07 names by lines", "Pavel Rudin:", f"{DRUNK}. {CHARTS}.", "Tarvo Gazette:", QUESTION, "Pavel Rudin:", f"{PAPERS}."),
    asked("07 surnames", f"RUDIN: {DRUNK}. {CHARTS}.", f"HALE: {QUESTION}", f"RUDIN: {PAPERS}."),
    asked("07 with an office", f"PAVEL RUDIN, BIOLOGIST: {DRUNK}. {CHARTS}.", f"IDA HALE, HOST: {QUESTION}", f"RUDIN: {PAPERS}."),
    asked("07 with a title", f"Dr. Rudin: {DRUNK}. {CHARTS}.", f"Ms. Hale: {QUESTION}", f"Dr. Rudin: {PAPERS}."),
    asked("07 outlet and name", f"Tarvo Gazette: {QUESTION}", f"Pavel Rudin: {DRUNK}. {CHARTS}."),
    asked("07 in bold", f"**Tarvo Gazette:** {QUESTION}", f"**Pavel Rudin:** {DRUNK}. {CHARTS}."),
    asked("07 with times", f"[00:01:12] Pavel Rudin: {DRUNK}. {CHARTS}.", f"[00:02:40] Host: {QUESTION}"),
    asked("07 questions and answers", f"Q: {QUESTION}", f"A: {DRUNK}. {CHARTS}.", "Q: Who knew?", f"A: {PAPERS}."),
    asked("07 questions and answers with points", f"Q. {QUESTION}", f"A. {DRUNK}. {CHARTS}.", "Q. Who knew?", f"A. {PAPERS}."),
    asked("07 questions and answers by lines", "Q:", QUESTION, "A:", f"{DRUNK}. {CHARTS}."),
    asked(
        "07 questions in bold",
        "Pavel Rudin, a biologist, spoke to the Tarvo Gazette.", f"**{QUESTION}**", f"{DRUNK}. {CHARTS}.",
        "**Who knew of it?**", f"{PAPERS}.",
    ),
    asked("07 numbered speakers", f"Speaker 1: {QUESTION}", f"Speaker 2: {DRUNK}. {CHARTS}.", "Speaker 1: Who knew?", f"Speaker 2: {PAPERS}.", by=""),
    asked("07 one label", f"Pavel Rudin: {DRUNK}. {CHARTS}."),
    asked("07 chevrons", f">> HOST: {QUESTION}", f">> RUDIN: {DRUNK}. {CHARTS}."),
    asked("07 with a gesture", f"Hale: {QUESTION}", f"Rudin (laughs): {DRUNK}. {CHARTS}."),
    asked("07 with a gesture in brackets", f"HALE: {QUESTION}", f"RUDIN [on the telephone]: {DRUNK}. {CHARTS}."),
    asked("07 question and answer in words", f"Question: {QUESTION}", f"Answer: {DRUNK}. {CHARTS}."),
    asked("07 initials", "Pavel Rudin, a biologist, spoke to the Tarvo Gazette.", f"TG: {QUESTION}", f"PR: {DRUNK}. {CHARTS}."),
    asked("07 in italics", f"*Tarvo Gazette:* {QUESTION}", f"*Pavel Rudin:* {DRUNK}. {CHARTS}."),
    asked("07 numbered questions", f"Q1: {QUESTION}", f"A1: {DRUNK}. {CHARTS}.", "Q2: Who knew?", f"A2: {PAPERS}."),
    established(
        "07 good news",
        ("The good news: the beach of Lund is clean.", "The port authority opened the beach of Lund on Wednesday."),
        "The port authority opened the beach of Lund on Wednesday.",
    ),
    established(
        "07 one question",
        ("Who pays for the spill? The council of Tarvo set 2 million crowns aside on Wednesday.",),
        "The council of Tarvo set 2 million crowns aside on Wednesday.",
    ),
    established(
        "07 fever",
        ("Q fever killed 30 sheep near Tarvo in March, the vets said.", "A vet from Orsk examined the birds of Tarvo."),
        "Q fever killed 30 sheep near Tarvo in March, the vets said.",
        "A vet from Orsk examined the birds of Tarvo.",
    ),
    established(
        "07 initial",
        ("A. Lindqvist, the mayor of Tarvo, asked the army for 200 soldiers on Tuesday.",),
        "Lindqvist, the mayor of Tarvo, asked the army for 200 soldiers on Tuesday.",
    ),
    established(
        "07 score",
        ("The football club of Tarvo won 3:1 against Orsk on Sunday.", "The port authority closed the stadium of Tarvo on Monday."),
        "The football club of Tarvo won 3:1 against Orsk on Sunday.",
        "The port authority closed the stadium of Tarvo on Monday.",
    ),
    established(
        "07 list of places",
        ("Beaches are closed in three towns: Tarvo, Lund and Orsk.", "The coast guard sent four ships to Lund."),
        "Beaches are closed in three towns: Tarvo, Lund and Orsk.",
        "The coast guard sent four ships to Lund.",
    ),
    established(
        "07 subtitle of a book",
        ("A film with the title Tarvo: A Harbour opened in Orsk on Tuesday.", "The coast guard sent four ships to Lund."),
        "The coast guard sent four ships to Lund.",
    ),
    established(
        "07 background",
        ("Background: The tanker Solveig was built in Orsk in 2003.", "The coast guard sent four ships to Lund."),
        "The coast guard sent four ships to Lund.",
    ),
    established(
        "07 days",
        ("Monday: The coast guard counted 12 dead seals in Tarvo.", "Tuesday: Soldiers from Orsk built a barrier of 900 metres."),
        "he coast guard counted 12 dead seals in Tarvo.",
        "oldiers from Orsk built a barrier of 900 metres.",
    ),
    established(
        "07 initials of two",
        ("Q. Dorn, the harbour master of Tarvo, ordered a barrier of 900 metres.", "A. Lindqvist, the mayor of Tarvo, asked the army for 200 soldiers on Tuesday."),
        "Dorn, the harbour master of Tarvo, ordered a barrier of 900 metres.",
        "Lindqvist, the mayor of Tarvo, asked the army for 200 soldiers on Tuesday.",
    ),
    established(
        "07 asked and told in prose",
        ("The council asked the coast guard for help on Tuesday.", "The coast guard sent four ships to Lund."),
        "The council asked the coast guard for help on Tuesday.",
        "The coast guard sent four ships to Lund.",
    ),
]  # fmt: skip

# The page

HAIL = (
    "Hail destroyed half of the apple harvest around Mirnow on Saturday, the growers said.",
    "The growers in Mirnow lost 70 greenhouses.",
)
WINDOWS = (
    "The hail in Mirnow broke 900 windows on Saturday, the fire service said.",
    "The fire service sent 30 men to the orchards of Mirnow.",
)


def framed(name: str, *furniture: str, shared: bool = False, first: bool = False) -> Briefing:
    """Two reports, the furniture around one of them or both."""
    one, other = (
        blocks(*(furniture + own if first else own + furniture))
        if k == 0 or shared
        else blocks(*own)
        for k, own in enumerate((HAIL, WINDOWS))
    )
    lost = tuple(each for line in furniture for each in line.split(". "))
    return Briefing(name, (one, other), printed=HAIL + WINDOWS, absent=lost, apart=True)


def topical(name: str, report: tuple[str, ...], other: str) -> Briefing:
    """News whose words are those of furniture."""
    return Briefing(name, (blocks(*report), other), printed=report)


COOKIES = (
    "We use cookies to improve this site and to measure its audience.",
    "Our 90 partners store data on your device for up to two years.",
)
PAYWALL = (
    "This article is for subscribers only.",
    "Unlimited access to the Mirnow Post costs 3 crowns a week.",
)

FURNITURE = [
    framed("09 cookie banner", *COOKIES, first=True),
    framed("09 cookie banner that both have", *COOKIES, first=True, shared=True),
    framed("09 consent in the third person", "By clicking on Accept, visitors agree to the storage of cookies on their device.", first=True),
    framed("09 paywall", *PAYWALL),
    framed("09 paywall that both have", *PAYWALL, shared=True),
    framed("09 free articles", "You have read three of your five free articles this month."),
    framed("09 members", "The rest of this text is reserved for members of the Mirnow Post."),
    framed("09 account", "Already have an account? Log in to read on."),
    framed("09 newsletter", "Get the best of the Mirnow Post in your inbox every morning.", "You can unsubscribe at any time."),
    framed("09 footer that both have", "The Mirnow Post is published by Lindgren Media and printed in Orsk.", shared=True),
    framed("09 gift", "As a subscriber, you have ten gift articles to give each month."),
    framed("09 support", "Our journalism depends on readers like you.", "Support the Mirnow Post from 3 crowns a month."),
    framed("09 blocker", "We noticed that you use an ad blocker. Please switch it off to read on.", first=True),
    framed("09 app", "Download our app to get breaking news first."),
    framed("09 comments", "Comments are moderated and appear after a review by our editors."),
    framed("09 developing", "This is a developing story. It will be updated."),
    framed("09 developing, please refresh", "This is a breaking news story; please check back for updates."),
    framed("09 audio", "This article was read aloud by an automated voice. Please send us your feedback."),
    framed("09 credit of a photo", "Photo: Ida Hale/Mirnow Post", first=True),
    framed("09 partners in the third person", "Partners of the site keep data on phones and tablets for two years.", first=True),
    framed("09 social media", "Follow the Mirnow Post on Facebook and Instagram."),
    framed("09 print", "A version of this article appears in print on March 3, Section A, Page 4."),
    framed("09 who wrote it", "Reporting by Ida Hale in Mirnow; editing by Omar Lind."),
    framed("09 commission", "The Mirnow Post may earn a commission from links on this page."),
    framed("09 read more", "Read more: Hail in Orsk breaks a record."),
    framed("09 helpline", "If you have been affected by this story, please contact our helpline."),
    framed("09 tip", "Do you have a tip? Write to tips@mirnowpost.example."),
    framed("09 last change", "Last updated on 3 March 2026 at 14:05."),
    framed("09 reporter", "Ida Hale is a reporter at the Mirnow Post."),
    Briefing(
        "09 paragraph of the report that both have",
        (blocks(HAIL[0], WINDOWS[1], HAIL[1]), blocks(*WINDOWS)), printed=(*HAIL, *WINDOWS),
    ),
    Briefing(
        "09 caption with a credit",
        (blocks("A man looks at his broken trees near Mirnow. (Ida Hale/Norland Press)", *HAIL), blocks(*WINDOWS)),
        printed=HAIL, absent=("Ida Hale", "Norland Press"),
    ),
    Briefing(
        "09 caption with a credit before its point",
        (blocks(*HAIL, "A man looks at his broken trees near Mirnow on Sunday (Ida Hale/Norland Press)."), blocks(*WINDOWS)),
        printed=HAIL, absent=("Ida Hale", "Norland Press"),
    ),
    topical(
        "09 cookies in court",
        ("The data office in Mirnow fined the shop Belaro 2 million crowns on Monday for its use of cookies.",
         "Belaro stored cookies on the phones of 40,000 customers without their consent."),
        "The shop Belaro in Mirnow must pay 2 million crowns, a court said on Monday.",
    ),
    topical(
        "09 cookies to eat",
        ("The bakery Holm in Mirnow recalled 8,000 packs of cookies on Monday.",
         "The cookies of the bakery Holm contain pieces of glass, the health office said."),
        "The bakery Holm in Mirnow has 90 workers and 14 shops.",
    ),
    topical(
        "09 price of a newspaper",
        ("The newspaper Mirnow Post raised the price of its subscription to 30 crowns a month on Monday.",
         "The Mirnow Post lost 9,000 subscribers last year."),
        "The Mirnow Post, a newspaper with 60,000 readers, closed its office in Orsk on Monday.",
    ),
    topical(
        "09 subscribers of a phone company",
        ("The phone company Telvo lost 60,000 subscribers in March.", "Subscribers of Telvo pay 20 crowns a month."),
        "The phone company Telvo in Mirnow closed 14 shops in March.",
    ),
    topical(
        "09 privacy law",
        ("The parliament in Mirnow passed a privacy law for hospitals on Monday.",
         "Hospitals must ask patients for their consent before they store data."),
        "The parliament in Mirnow meets again in September, its speaker said.",
    ),
    topical(
        "09 newsletter that leaked",
        ("A newsletter of the clinic Sanro in Mirnow named 300 patients by mistake on Monday.",
         "The clinic Sanro stopped its newsletter on Tuesday."),
        "The clinic Sanro in Mirnow must explain a leak of names, the data office said on Monday.",
    ),
    topical(
        "09 app that was withdrawn",
        ("The railway in Mirnow withdrew its app on Monday after 500 passengers had paid twice.",
         "The app of the railway has 90,000 users."),
        "The railway in Mirnow will buy 40 trains, the ministry said on Monday.",
    ),
    topical(
        "09 members",
        ("Members of the council in Mirnow voted for a new school on Monday.", "The school will cost 7 million crowns."),
        "The council in Mirnow met for nine hours on Monday.",
    ),
    topical(
        "09 log in",
        ("Hackers logged in to the accounts of 700 customers of the bank Orvan on Monday.",
         "The bank Orvan in Mirnow asked its customers to change their passwords."),
        "The bank Orvan in Mirnow closed its website on Monday after an attack.",
    ),
    topical(
        "09 advertising",
        ("The council in Mirnow banned advertising for sweets near schools on Monday.",
         "Advertising brings the council 2 million crowns a year."),
        "The council in Mirnow will build two schools, the mayor said on Monday.",
    ),
]  # fmt: skip

# Nothing is lost without a word

SILENCE = [
    Briefing(
        "13 percent",
        ("Unemployment in Norland rose above 7 percent in April, the labour office said.\n\nThe labour office counted 90,000 people.",),
        told=("Unemployment in Norland rose above 7 percent in April, the labour office said.",),
    ),
    Briefing(
        "13 two clauses",
        ("Snow blocked the pass of Orsk on Sunday night and four drivers froze to death, the army said.\n\nThe army opened the pass of Orsk on Monday.",),
        told=("Snow blocked the pass of Orsk on Sunday night and four drivers froze to death, the army said.",),
    ),
    Briefing(
        "13 capitals",
        ("FIRE DESTROYED THE OLD MILL IN ORSK ON MONDAY, THE POLICE SAID.\n\nNOBODY WAS HURT IN THE FIRE.",),
        told=("FIRE DESTROYED THE OLD MILL IN ORSK ON MONDAY, THE POLICE SAID.",),
    ),
    Briefing(
        "13 nobody is named",
        ("He said that it would not happen again.\n\nThey left soon after that.",),
        told=("He said that it would not happen again.",),
    ),
    Briefing(
        "13 two tolls",
        (
            "Six sailors including the captain drowned off Lund on Friday, the coast guard said.\n\nThe harbour of Lund is closed.",
            "Five sailors drowned off Lund on Friday before the coast guard saved the captain.\n\nThe captain comes from Orsk.",
        ),
        told=("Six sailors including the captain drowned off Lund on Friday, the coast guard said.",),
    ),
]  # fmt: skip

# Datelines

BELL = "Divers found a bronze bell in the wreck of the Halma on Sunday."
MAST = "The mast of the Halma lies 40 metres below the sea."

DATELINES = [
    "AALBORN, Norland (AP) — ", "AALBORN, Norland (AP) _ ", "ST. AALBORN, Norland (AP) — ", "AALBORN (AP) -- ",
    "AALBORN (Reuters) - ", "AALBORN, March 2 (Reuters) - ", "AALBORN/LISVIK, March 2 (Reuters) - ",
    "AALBORN (AFP) — ", "(AFP) AALBORN: ", "AALBORN, 2 mars (AFP) - ", "AALBORN, March 2 (Xinhua) -- ",
    "Aalborn, 2 March 2026 (ANSA) - ", "(ANSA) - AALBORN, MAR 2 - ", "Aalborn (dpa) - ", "Aalborn/Lisvik (dpa) – ",
    "Aalborn (KNA) – ", "AALBORN: ", "NEW AALBORN: ", "NEW AALBORN, March 2 (PTI): ", "NEW AALBORN, Mar 2 (PTI) ",
    "Aalborn, March 2 (ANI): ", "AALBORN, Mar 2 (IANS) ", "AALBORN — ", "AALBORN – ", "AALBORN -- ", "AALBORN—",
    "Aalborn, Norland — ", "AALBORN, Norland – ", "Aalborn, March 2, 2026 — ", "By Jo Roe | AALBORN — ",
    "AALBORN | ", "AALBORN, March 2, 2026 /PRNewswire/ -- ", "AALBORN, Norland--(BUSINESS WIRE)--",
    "AALBORN, March 02, 2026 (GLOBE NEWSWIRE) -- ", "AALBORN, Norland, March 2 (UPI) -- ",
    "Aalborn, Mar 2 (EFE).- ", "AALBORN, March 2. /TASS/. ", "AALBORN. March 2 (Interfax) - ",
    "AALBORN, 2nd March, 2026 (WAM) -- ", "AALBORN, March 2 (Bernama) -- ", "Aalborn, March 2 (CNA) ",
    "SÃO AALBORN — ", "L’AALBORN, Norland (AP) — ", "AALBORN, Monday (AP) — ",
    "AALBORN (Norland Press) — ", "AALBORN, MARCH 2: ", "Aalborn, Mar 2: ", "AALBORN [Norland], March 2 (ANI): ",
    "Aalborn, Norland, 2 March 2026 – ", "2 March 2026, Aalborn — ", "AALBORN · ", "AALBORN (AP) ",
    "AALBORN (AP) : ", "**AALBORN** — ", "AALBORN, Norland (AP) —", "\u200bAALBORN — ",
    "AALBORN, Norland (AP)\n\n", "AALBORN, March 2\n\n",
]  # fmt: skip

NO_DATELINES = [
    "Aalborn is preparing — again — for a winter without coal.",
    "Aalborn - once divided by a wall - has opened its last gate.",
    "Aalborn, the second city of Norland, has 400,000 people.",
    "Aalborn (population 9,000) voted against the mine on Sunday.",
    "Aalborn, Lisvik and Orsk — the three ports of Norland — closed on Sunday.",
    "NATO — the alliance of 32 states — opened an office in Aalborn.",
    "WHO (the health agency of the United Nations) sent doctors to Aalborn.",
    "BREMO — the maker of brakes — closed its plant in Aalborn on Sunday.",
    "March 2 is a holiday in Aalborn and Lisvik.",
    "Mayor Ida Brandt — who led Aalborn for nine years — resigned on Sunday.",
    "Norland’s president – a former diver – visited Aalborn on Sunday.",
    "Divers found a mast in Aalborn (Norland) and a bell in Lisvik on Sunday.",
    "On March 2 the court in Aalborn (AP district) closed the case.",
    "The Aalborn (AP) district voted for the mine on Sunday.",
    "Aalborn: A History sold 9,000 copies in March.",
    "AALBORN BANK cut its rate to 2 percent on Sunday.",
]

LEADS = [
    *(Reading(f"12 {head!r}", f"{head}{BELL} {MAST}", (BELL, MAST)) for head in DATELINES),
    *(Reading(f"12 none: {lead[:30]}", blocks(lead, MAST), (lead, MAST)) for lead in NO_DATELINES),
]

# Marks behind the last point

DEAL, PIPE = (
    "The ministers Vera Dahl and Omar Lind signed an agreement on gas in Orsk on Monday.",
    "A pipe will bring the gas from Orsk to Lisvik in 2028.",
)
END_MARKS = [
    "\u200b", " \u200b", "\ufeff", "\u200e", "\u2060", "\u00a0", "\u00ad", " \u25a0", "\u25a0", " \u25a1",
    " \u25aa", " \u25fc", " \u25c6", " *", "*", " **", " \u2020", "\u00b9", " (1)", " (dpa/AFP)", " (AP/Reuters)", " (with AFP)", " \u25cf", " \u2022", " \u2b1b", " /ih",
    " – dpa", " \u2014", " --", "\u3000",
    " [1]", "[1]", "[1][2]", "[a]", " (AP)", " (dpa)", " (Reuters)",
    " \u2014 AFP", " \u2013 Reuters", " -AP", " ///", " //", " #", " ###", " @", " |",
]  # fmt: skip
LAST_MARKS = [
    " ENDS",
    " -30-",
    " (END)",
    " -ENDS-",
    "\n\nENDS",
    "\n\n-30-",
    "\n\n###",
    "\n\n* * *",
    "\n\n(AP)",
    "\n\n\u25a0",
]

PLAIN_ENDS = [
    "The ministers Vera Dahl and Omar Lind signed the agreement at 5 p.m.",
    "Will the gas of Orsk reach Lisvik in time?",
    "(The pipe to Lisvik was closed in 1999.)",
    "The minister Vera Dahl called the agreement “a first step.”",
    "The pipe is owned by the firm Orlan Gas Inc.",
    "The pipe to Lisvik cost $5 million (4.6 million euros).",
    "The firm Orlan writes the software of the pipe in C#.",
    "The agency (AP) has offices in Orsk and in Lisvik.",
    "The pipe of Orsk got the number 30 – not 31.",
    "The firm Orlan [sic] will build the pipe to Lisvik.",
    "The ship #30 carries gas from Orsk to Lisvik.",
    "The agreement ends on 30 June 2028 in Orsk.",
    "The field of gas near Orsk measures 300 km².",
    "The pipe to Lisvik will carry gas, oil, water, etc.",
    "The firm that builds the pipe to Lisvik is called Orlan!",
    "The minister Vera Dahl shouted “No!”",
    "Shares of the firm Orlan* rose by 3 percent on Monday.",
]

MARKED_ENDS = [
    *(Reading(f"14 {mark!r}", blocks(DEAL + mark, PIPE + mark), (DEAL, PIPE)) for mark in END_MARKS),
    *(Reading(f"14 last {mark!r}", blocks(DEAL, PIPE + mark), (DEAL, PIPE)) for mark in LAST_MARKS),
    Reading("14 soft hyphens", blocks(DEAL.replace("agreement", "agree\u00adment"), PIPE), (DEAL, PIPE)),
    Reading("14 zero-width spaces", blocks(DEAL.replace("ministers", "mini\u200bsters"), PIPE), (DEAL, PIPE)),
    Reading("14 at the beginning", blocks("\ufeff" + DEAL, "\u200b" + PIPE), (DEAL, PIPE)),
    *(Reading(f"14 plain: {text[-20:]}", blocks(DEAL, text), (DEAL, text)) for text in PLAIN_ENDS),
]  # fmt: skip

# Live pages

ROOF, LIFT, MAYOR = (
    "Firefighters in Elsby reach the roof of the Korvan tower and save two painters.",
    "The lift of the Korvan tower in Elsby is out of order.",
    "The mayor of Elsby, Nina Falk, visits the Korvan tower.",
)
STAMPS = [
    ("16:40 GMT — ", "14:05 GMT — ", "12:30 GMT — "), ("16:40 GMT: ", "14:05 GMT: ", "12:30 GMT: "),
    ("16:40 ", "14:05 ", "12:30 "), ("16:40: ", "14:05: ", "12:30: "), ("16:40 – ", "14:05 – ", "12:30 – "),
    ("16:40 - ", "14:05 - ", "12:30 - "), ("16.40: ", "14.05: ", "12.30: "), ("[16:40] ", "[14:05] ", "[12:30] "),
    ("(16:40) ", "(14:05) ", "(12:30) "), ("16:40 | ", "14:05 | ", "12:30 | "), ("10.15am ", "9.40am ", "8.05am "),
    ("10.15am: ", "9.40am: ", "8.05am: "), ("4:40 p.m. ET — ", "2:05 p.m. ET — ", "12:30 p.m. ET — "),
    ("4:40 p.m. ", "2:05 p.m. ", "12:30 p.m. "), ("2h ago ", "4h ago ", "6h ago "), ("2h ago\n", "4h ago\n", "6h ago\n"),
    ("5 minutes ago\n\n", "20 minutes ago\n\n", "1 hour ago\n\n"), ("5 min ago — ", "20 min ago — ", "1 hr ago — "),
    ("Posted at 16:40 ", "Posted at 14:05 ", "Posted at 12:30 "),
    ("Updated at 16:40 CET ", "Updated at 14:05 CET ", "Updated at 12:30 CET "),
    ("Updated: 16:40 — ", "Updated: 14:05 — ", "Updated: 12:30 — "), ("16:40\n", "14:05\n", "12:30\n"),
    ("16:40\n\n", "14:05\n\n", "12:30\n\n"), ("16:40 BST\n\n", "14:05 BST\n\n", "12:30 BST\n\n"),
    ("16h40 - ", "14h05 - ", "12h30 - "),
    ("March 2, 2026, 4:40 p.m. ET\n\n", "March 2, 2026, 2:05 p.m. ET\n\n", "March 2, 2026, 12:30 p.m. ET\n\n"),
    ("2 March 2026, 16:40 GMT — ", "2 March 2026, 14:05 GMT — ", "2 March 2026, 12:30 GMT — "),
    ("Mon 2 Mar 2026 16.40 GMT\n", "Mon 2 Mar 2026 14.05 GMT\n", "Mon 2 Mar 2026 12.30 GMT\n"),
    ("16:40 CET (15:40 GMT) — ", "14:05 CET (13:05 GMT) — ", "12:30 CET (11:30 GMT) — "), ("04:40PM ", "02:05PM ", "12:30PM "),
    ("16:40:12 ", "14:05:47 ", "12:30:01 "), ("16:40 / ", "14:05 / ", "12:30 / "), ("1d ago ", "2d ago ", "3d ago "),
    ("Just now — ", "1h ago — ", "2h ago — "), ("Yesterday, 16:40 — ", "Yesterday, 14:05 — ", "Yesterday, 12:30 — "),
    ("Published 16:40 ", "Published 14:05 ", "Published 12:30 "),
    ("16:40 Ida Hale\n\n", "14:05 Ida Hale\n\n", "12:30 Omar Lind\n\n"),
    ("• 16:40 ", "• 14:05 ", "• 12:30 "), ("**16:40** ", "**14:05** ", "**12:30** "),
]  # fmt: skip

TIMES_IN_PROSE = [
    "At 16:40 the police closed the road to the Korvan tower.",
    "The 14:05 train to Elsby was cancelled on Monday.",
    "By 10.15am all guests had left the Korvan tower in Elsby.",
    "Two hours ago is when the lift stopped, the mayor of Elsby said.",
    "24 hours later the Korvan tower in Elsby was open again.",
    "2 hours after the fire the mayor of Elsby, Nina Falk, visited the tower.",
    "3.5 million people live in Elsby and its suburbs.",
    "12.30 crowns is the price of a ticket to the Korvan tower.",
    "10.15 percent of the voters in Elsby stayed at home on Sunday.",
    "Posted workers earn 20 crowns an hour in Elsby, the union said.",
    "Updated maps of Elsby were published by the fire service on Monday.",
    "2026 was a good year for the Korvan tower in Elsby.",
    "From 16:40 to 18:00 the lift of the Korvan tower stood still.",
    "16:40 was the time at which the lift stopped, the mayor of Elsby said.",
    "1640 was the year in which Elsby was founded.",
    "1400 people left the Korvan tower in Elsby on Monday.",
    "Updated rules for lifts apply in Elsby from Monday.",
    "Published figures of the council of Elsby show a loss of 9 million crowns.",
    "Kickoff in Elsby is at 16:40, the football club said.",
]

ENTRIES = [
    *(
        Reading(f"21 {stamps[0]!r}", blocks(*(a + b for a, b in zip(stamps, (ROOF, LIFT, MAYOR), strict=True))), (ROOF, LIFT, MAYOR))
        for stamps in STAMPS
    ),
    *(Reading(f"21 prose: {text[:30]}", blocks(text, LIFT), (text, LIFT)) for text in TIMES_IN_PROSE),
]  # fmt: skip

TOLL, OLDER = (
    "Police say nine people have died in the fire in the Korvan tower in Elsby.",
    "Police say four people have died in the fire in the Korvan tower in Elsby.",
)
TOWER = blocks(
    "The police in Elsby closed the streets around the Korvan tower on Monday morning.",
    "The Korvan tower has 30 floors and opened in 1997.",
)

LIVE = [
    *(
        Briefing(f"21 newest figure {heads[0]!r}", (blocks(heads[0] + TOLL, heads[1] + OLDER, heads[2] + ROOF), TOWER), printed=(TOLL,), absent=(OLDER,))
        for heads in STAMPS
        if heads[0] in ("16:40 GMT — ", "2h ago ", "[16:40] ", "Posted at 16:40 ", "4:40 p.m. ", "16:40\n\n")
    ),
    Briefing(
        "21 newest figure last",
        (blocks("12:30 GMT — " + ROOF, "14:05 GMT — " + OLDER, "16:40 GMT — " + TOLL), TOWER),
        printed=(TOLL,), absent=(OLDER,),
    ),
]  # fmt: skip

READINGS = [*LEADS, *MARKED_ENDS, *ENTRIES]
BRIEFINGS = [*QUOTATIONS, *UNMARKED, *TRANSCRIPTS, *FURNITURE, *SILENCE, *LIVE]
