"""Where, when and by whom a paragraph was filed is no part of its sentences."""

from __future__ import annotations

import pytest

from service.pipeline.ingest.datelines import head, newest_first, tail, time

SENTENCE = "The ferry sank off Merrin on Monday."


@pytest.mark.parametrize(
    "dateline",
    [
        "MERRIN: ",
        "PORT LODIN, May 4 (KNA): ",
        "Merrin, Velmor \u2014 ",
        "Merrin, 4 May 2026 (ANV) - ",
        "PORT LODIN, May 4, 2026 /HarborWire/ -- ",
        "MERRIN, Velmor (NP) \u2014 ",
        "MERRIN/LODIN, Velmor (Tidings) - ",
        "ST. ODA, Va. (WRQX/WKAT) \u2013 ",
        "PORT LODIN (ABCMerrin) - ",
        "MERRIN--(TRADE WIRE)--",
        "LODIN, May 4 (Sinhao) -- ",
        "Merrin (dpx) - ",
        "MERRIN, 4 mai (AFX) - ",
        "MERRIN \u2014 ",
        "(Tidings) - ",
        "(KNN) ",
        "(KNN)",
        "[Merrin] ",
        "ST. ODA (NP) \u2014 ",
        "PORT LODIN, D.V. \u2014 ",
        "Merrin \u2014 ",
        "MERRIN, Velmor / ACCESSLINE / May 4, 2026 / ",
        "MERRIN, Velmor, May 4 \u2014 ",
        "S\u00e3o Lodo (Tidings) \u2013 ",
        "HALM-SUND, N.V. (NP) -- ",
        "Merrin, le 4 mai 2026 \u2013 ",
        "LODIN, May 4 (Yonpat) -- ",
        "MERRIN, Mai. 04 (MNQ) \u2013 ",
        "Lodin/Main (dpx/AFQ) - ",
        "PORT DE LODIN, Velmor \u2013 ",
        "MERRIN | ",
        "UPDATE: ",
        "EXCLUSIVE: ",
    ],
)
def test_a_dateline_is_told_by_its_form(dateline: str):
    assert head(dateline + SENTENCE, 0) == len(dateline)


@pytest.mark.parametrize(
    "prose",
    [
        "Merrin is waiting \u2014 again \u2014 for the ferry.",
        "Merrin - once a harbor - has no pier.",
        "Merrin \u2014 Velmor's oldest harbor \u2014 has no pier.",
        "VELMA said on Monday that it would act.",
        "Bly (VDU) said no.",
        "Harbor Safety Administration (HSA) Director Jan Roe left.",
        "U.S. President Jan Roe left.",
        "Roe (@roe): The ferry leaks.",
        "Bly (VDU): The ferry leaks.",
        "Sen. Jan Roe (R-Velmor) Thursday blocked the bill.",
        "Merrin Lines (MRL) Chief Executive Ada Bly resigned.",
        "GDP: Velmor grew by 2 percent.",
        "IVM, Intra and AMQ fell.",
        "The verdict: Guilty.",
        "Mona Bly: Roe knew.",
        "March 2 was warm in Merrin.",
        "Merrin, May 4. It rained.",
    ],
)
def test_prose_that_looks_like_a_dateline_stays(prose: str):
    assert head(prose, 0) == 0


def test_far_down_a_place_with_a_dash_is_prose():
    assert head(f"MERRIN \u2014 {SENTENCE}", 5) == 0


@pytest.mark.parametrize(
    "mark",
    [" \u25a0", " ///", " (NP)", " \u2014 AFQ", "[1]", " *", " ENDS", " (dpx-AFQ)", " (Tidings) \u25a0", " -30-", " ###", " \u2020", " - dpx"],
)  # fmt: skip
def test_what_ends_a_paragraph_is_no_part_of_its_sentence(mark: str):
    assert tail(SENTENCE + mark) == len(SENTENCE)


@pytest.mark.parametrize(
    "prose",
    [
        "It sank. (The county disputes this.)",
        "He won 5 (five).",
        "She works at Roe Inc.",
        "It rose by 5 %.",
        "It sank (NP).",
        "\u201cIt sank,\u201d she said (again).",
        "It cost 5 \u20ac",
    ],
)
def test_prose_in_brackets_at_the_end_stays(prose: str):
    assert tail(prose) == len(prose)


@pytest.mark.parametrize(
    ("paragraph", "read"),
    [
        ("16:40 GMT \u2014 Police say so.", (12, 1000)),
        ("Posted at 16:40 Police say so.", (16, 1000)),
        ("2h ago The mayor has come.", (7, -120)),
        ("[14:05] Police say so.", (8, 845)),
        ("14:05: Police say so.", (7, 845)),
        ("10.15am Police say so.", (8, 615)),
        ("6:30 p.m. ET \u2014 Police say so.", (15, 1110)),
        ("1 hr 20 min ago", (15, -80)),
        ("Updated at 14:05 CET", (20, 845)),
        ("20 minutes ago A man came.", (15, -20)),
        ("12:05 a.m. \u2014 It ends.", (13, 5)),
    ],
)
def test_the_time_of_an_entry(paragraph: str, read: tuple[int, int]):
    assert time(paragraph) == read


@pytest.mark.parametrize(
    "prose",
    [
        "At 16:40 police closed the road.",
        "At 16:40 Police closed the road.",
        "10.15 percent of them left.",
        "2.30 Million people live in Velmor.",
        "5 p.m. The talks ended.",
        "7 people died.",
        "10 Pier Street was closed.",
        "Two hours ago it rained.",
    ],
)
def test_a_time_in_prose_stays(prose: str):
    assert time(prose) is None


def test_which_end_of_a_live_page_is_new():
    assert newest_first([1000, 845, 750])
    assert newest_first([-20, -120])
    assert not newest_first([750, 845, 1000])
    assert not newest_first([])
