"""Planted identifiers: invented names, numbers, dates and places, drawn into images and put into sentences by seed.

Half of the given names are none of those that the rules know. No name, number or address is anybody's on purpose.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from met.pixels.sheets import with_text
from met.types import Box, Span

_GIVEN: Final = (
    "John Mary Robert Patricia Thomas Susan Hans Ingrid Carlos Elena Ahmed Fatima Priya Kenji Olga Pierre "
    "Chidi Ngozi Torvald Saoirse Thandiwe Quang Xiomara Bartholomew Eluned Wenceslas Ioana Zsuzsanna Tariku Lakshan "
    "Anneliese Dagfinn"
)
_FAMILY: Final = (
    "Smith Okafor Miller Nakamura Garcia Petrov Schmidt Haddad Nguyen Kowalski Andersson Rossi Dubois Iyer Mbeki Novak "
    "O'Neil Castellanos Thorvaldsen Papadakis Whitcombe Ferreira Lindqvist Adeyemi"
)
_TOWNS: Final = "Springfield Leeds Osaka Krakow Porto Tampere Lagos Graz Toulouse Bergen Quito Izmir"
_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_LONG_MONTHS: Final = "January February March April May June July August September October November December"
GIVEN: Final = tuple(_GIVEN.split())
FAMILY: Final = tuple(_FAMILY.split())
TOWNS: Final = tuple(_TOWNS.split())
MONTHS: Final = tuple(_MONTHS.split())
LONG_MONTHS: Final = tuple(_LONG_MONTHS.split())

# What is drawn, by kind; the holes are those of `_person`.
DRAWN: Final[tuple[tuple[str, str], ...]] = (
    ("name", "{FAMILY}^{GIVEN}"), ("name", "{FAMILY}, {GIVEN}"), ("name", "Name: {Given} {Family}"),
    ("name", "Patient: {Family}, {Given}"), ("name", "{GIVEN} {FAMILY}"), ("name", "{Given} {Family}"),
    ("name", "Pt Name: {FAMILY} {GIVEN}"), ("name", "{Family} {Given} {age}Y {sex}"),
    ("number", "MRN: {number}"), ("number", "ID: {number}"), ("number", "Patient ID {number}"),
    ("number", "Acc: {number}"), ("number", "{number}"), ("number", "MRN {number}"),
    ("date", "{iso}"), ("date", "{dots}"), ("date", "{slashes}"), ("date", "{dashes}"), ("date", "{compact}"),
    ("date", "{worded}"), ("date", "{iso} 10:42:17"), ("date", "Exam date {slashes}"),
    ("birth date", "DOB: {slashes}"), ("birth date", "Birth Date {dots}"), ("birth date", "DOB {dashes}"),
    ("birth date", "*{born}"),
    ("age", "Age: {old}"), ("age", "{old}Y"), ("age", "0{old}Y {sex}"), ("age", "{old} y/o {sex}"),
    ("place", "{Town} General Hospital"), ("place", "{Town} Medical Center"), ("place", "Klinikum {Town}"),
)  # fmt: skip
# What is written, by kind; the identifier stands between bars.
WRITTEN: Final[tuple[tuple[str, str], ...]] = (
    ("name", "Chest radiograph of |Mr. {Family}| before drainage."),
    ("name", "The patient |{Given} {Family}| was followed for two years."),
    ("name", "Patient name: |{Family}, {Given}|. CT of the abdomen."),
    ("name", "|{Given} {Family}|, a {age}-year-old {man}, was referred for a lump in the neck."),
    ("name", "A {age}-year-old {man} named |{Given} {Family}| had lost weight."),
    ("name", "Axial CT of patient |{G}.{F}.| at presentation."),
    ("name", "|{FAMILY}^{GIVEN}| knee, lateral view"),
    ("age", "A |{old}-year-old| {man} presented with dyspnoea."),
    ("age", "Radiograph of a |{old} year old| {man} after a fall."),
    ("age", "The patient, aged |{old}|, declined surgery."),
    ("age", "A |{old} y/o| {man} with a hip fracture."),
    ("age", "She died at the age of |{old}| with the valve in place."),
    ("date", "The patient was admitted on |{long}| with fever."),
    ("date", "She was born on |{slashes}| and had been well."),
    ("date", "MRI performed on |{iso}| shows a lesion in his left knee."),
    ("date", "The man underwent surgery on |{worded}|."),
    ("date", "DOB |{slashes}|; ultrasound of the liver."),
    ("date", "He was discharged in |{month} {year}| without symptoms."),
    ("place", "A {age}-year-old {man} from |{Town}| with a skin rash."),
    ("place", "The patient lives in |{Town}| and keeps pigeons."),
    ("place", "She had been a resident of |{Town}| for thirty years; the biopsy showed fibrosis."),
    ("place", "He was found at |{house} {Family} Street| by a neighbour."),
    ("number", "CT of the chest, MRN |{number}|."),
    ("number", "Medical record number: |{number}|, chest film."),
    ("number", "Hospital number |{number}|: lateral view of the spine."),
    ("number", "Patient ID |{number}|, baseline scan."),
    ("number", "The patient's SSN is |{ssn}|."),
    ("phone", "The mother can be reached by phone |{phone}|."),
    ("phone", "Tel. |{phone}| for the results of the patient."),
    ("email", "The images were sent to |{given}.{family}@mail.example.org| by the patient."),
)
# Sentences of publications: names, years, numbers and places of nobody's.
CLEAN: Final = (
    "Smith et al. (2014) reported sensitivity of 0.92 (95% CI 0.90-0.94) in 1,995 patients.",
    "Patients aged 18 to 95 years were enrolled between 1 January 2010 and 31 December 2015.",
    "Mean age was 92.4 years (range 90-101) among residents older than 90 years.",
    "Sections were stained with antibody 4456712 (Sigma, St. Louis, MO, USA) at 1:200.",
    "Sequence data are available under accession number GSE123456; accessed 12 March 2019.",
    "Kaplan-Meier curves of overall survival; log-rank P = 0.0001; follow-up ended in March 2015.",
    "Parkinson disease, Hodgkin lymphoma and Crohn disease were excluded by Mayo criteria.",
    "The Patient Health Questionnaire and the Patient Reported Outcome measures were used.",
    "Courtesy of John Miller, University of Oxford. Reprinted with permission from Garcia 2011.",
    "A 45-year-old man from China with chest pain; arrow, filling defect.",
    "Haematoxylin and eosin, magnification x400. Scale bar 100 um. Panel A, day 14.",
    "Funnel plot of 24 studies published from 1998 to 2019, Begg's test P = 0.95.",
    "Data from the World Health Organization, updated on 5 May 2020, licensed CC BY 4.0.",
    "A 72-year-old woman with dyspnoea. CT shows ground-glass opacity in the left lower lobe.",
    "Case 3: radiograph 93 days after transplantation; 91 of 120 lesions had healed.",
    "Photo by Maria Rossi. The Wellcome Trust funded this work (grant 098051-2012).",
    "Trial registration NCT01234567; protocol version 2.1, approved on 2012-03-04.",
    "The 100-year-old theory of Warburg; 95-year survival of the graft model; year 1990.",
    "Ms. of the temporal lobe was traced; Dr. Adeyemi scored the slides twice.",
    "Alice in Wonderland syndrome; Miller Fisher syndrome; von Willebrand factor.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A text with an identifier in it, `text[start:end]` of `span`."""

    kind: str
    form: str
    text: str
    span: Span


def written_cases(seed: int, repeats: int) -> Iterator[Planted]:
    """Yield `repeats` sentences of each form."""
    draw = np.random.default_rng(seed)
    for kind, form in WRITTEN:
        for _ in range(repeats):
            before, inside, after = form.format(**_person(draw)).split("|")
            span = (len(before), len(before) + len(inside))
            yield Planted(kind=kind, form=form, text=before + inside + after, span=span)


def drawn_texts(seed: int, count: int) -> list[Planted]:
    """Return `count` texts to draw, the forms in turn, in an order by seed."""
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(DRAWN))
    found = []
    for number in range(count):
        kind, form = DRAWN[int(order[number % len(DRAWN)])]
        text = form.format(**_person(draw))
        found.append(Planted(kind=kind, form=form, text=text, span=(0, len(text))))
    return found


def planted_into(pixels: NDArray[np.uint8], texts: Sequence[str], *, seed: int) -> tuple[NDArray[np.uint8], list[Box]]:
    """Return the image with up to four texts in its corners, and their boxes.

    Type is 1.6 to 3.5 % of the longer side high, at least 11 pixels, and differs from what is behind it by 70 to 200
    of 255 grey values: white, black or coloured, as scanners write.
    """
    draw = np.random.default_rng(seed)
    height, width = pixels.shape[:2]
    corners = draw.permutation(4)
    boxes = []
    for text, corner in zip(texts, corners, strict=False):
        size = max(11, round(max(height, width) * float(draw.uniform(0.016, 0.035))))
        size = min(size, max(11, int(width / (0.62 * len(text) + 1))))
        x = 4 if corner % 2 == 0 else max(4, width - int(0.6 * size * len(text)) - 6)
        y = 3 + int(draw.integers(0, size)) if corner < 2 else max(3, height - int(2.5 * size))
        behind = pixels[y : y + size, x : x + size * 6].mean(axis=(0, 1)) if height > y else np.zeros(3)
        apart = float(draw.uniform(70, 200))
        tint = draw.choice([0.0, 1.0], size=3, p=[0.15, 0.85])
        colour = behind + apart * tint if behind.mean() < 128 else behind - apart * tint
        if abs(float((colour - behind).mean())) < 45:
            colour = behind + (apart if behind.mean() < 128 else -apart)
        red, green, blue = (int(value) for value in np.clip(colour, 0, 255))
        pixels, box = with_text(pixels, text, at=(x, y), size=size, colour=(red, green, blue))
        boxes.append(box)
    return pixels, boxes


def _person(draw: np.random.Generator) -> dict[str, object]:
    """Return what fills the holes: one invented person and examination."""
    given, family = str(draw.choice(GIVEN)), str(draw.choice(FAMILY))
    year, month, day = int(draw.integers(1931, 2024)), int(draw.integers(1, 13)), int(draw.integers(1, 29))
    return {
        "Given": given, "GIVEN": given.upper(), "given": given.lower(), "G": given[0],
        "Family": family, "FAMILY": family.upper(), "family": family.lower().replace("'", ""), "F": family[0],
        "Town": str(draw.choice(TOWNS)), "house": int(draw.integers(2, 240)),
        "number": str(draw.integers(1_000_000, 99_999_999)),
        "age": int(draw.integers(18, 89)), "old": int(draw.integers(90, 104)),
        "sex": str(draw.choice(["M", "F"])), "man": str(draw.choice(["man", "woman"])),
        "iso": f"{year}-{month:02}-{day:02}", "dots": f"{day:02}.{month:02}.{year}",
        "slashes": f"{day:02}/{month:02}/{year}", "dashes": f"{day:02}-{MONTHS[month - 1].upper()}-{year}",
        "compact": f"{year}{month:02}{day:02}", "worded": f"{day} {MONTHS[month - 1]} {year}",
        "born": f"{day:02}.{month:02}.{year}", "year": year, "month": LONG_MONTHS[month - 1],
        "long": f"{day} {LONG_MONTHS[month - 1]} {year}",
        "ssn": f"{draw.integers(900, 999)}-{draw.integers(10, 99)}-{draw.integers(1000, 9999)}",
        "phone": f"+44 20 7946 {draw.integers(0, 999):04}",
    }  # fmt: skip
