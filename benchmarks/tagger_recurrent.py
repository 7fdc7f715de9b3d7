"""Fits the recurrent part of the tagger, in the layout of met.tree.tagger.network: one body, a head a guideline."""

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from met.tree.tagger.network import NO_START, NO_STEP, STAT_SCALE, TAGS, Head, Network
from met.tree.tagger.words import (
    CASES,
    HIT_FEATURES,
    LETTERS,
    NO_LETTER,
    OTHER_LETTER,
    Hit,
    case_of,
    hit_features,
    letters_of,
    word_form,
)

STATES, LETTER_SIZE, FILTERS, WIDTHS, WORD_SIZE, CASE_SIZE = 160, 25, 50, (3, 5), 80, 8
EPOCHS, BATCH, RATE = 10, 24, 2e-3
DROP_IN, DROP_OUT, DROP_WORD, DROP_LEARNT, DROP_HITS = 0.3, 0.5, 0.08, 0.2, 0.15
AVERAGE = 0.999
LEARNT_FROM = 3  # a word seen this often in the gold gets a part of its own in its vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of gold, with the dictionary's names in it. `tags` are letters of TAGS."""

    tokens: tuple[str, ...]
    tags: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The table of word vectors before training, and its rows."""

    row: Mapping[str, int]
    vectors: NDArray[np.float32]
    stats: NDArray[np.uint8]


class Types:
    """Everything about the different tokens of the training text, as tensors."""

    def __init__(self, tokens: Sequence[str], words: Words, learnt: Mapping[str, int]) -> None:
        rows = np.array([words.row.get(word_form(token), -1) for token in tokens])
        known = (rows >= 0)[:, None]
        self.letters = torch.tensor([letters_of(token) for token in tokens])
        self.cases = torch.tensor([case_of(token) for token in tokens])
        self.vectors = torch.tensor(np.where(known, words.vectors[rows], 0).astype(np.float32))
        self.stats = torch.tensor((words.stats[rows] * known * STAT_SCALE).astype(np.float32))
        self.unknown = torch.tensor((rows < 0).astype(np.float32))
        self.learnt = torch.tensor([learnt.get(word_form(token), 0) for token in tokens])


class Recurrent(nn.Module):
    """The network in torch, with the parts that fall away after training."""

    def __init__(self, *, vectors: int, learnt: int, stats: int, heads: Sequence[str]) -> None:
        super().__init__()
        self.letters = nn.Embedding(len(LETTERS) + OTHER_LETTER + 1, LETTER_SIZE, padding_idx=NO_LETTER)
        self.filters = nn.ModuleList([nn.Conv1d(LETTER_SIZE, FILTERS, width, padding=width // 2) for width in WIDTHS])
        self.cases = nn.Embedding(CASES, CASE_SIZE)
        self.project = nn.Linear(vectors, WORD_SIZE, bias=False)
        self.learnt = nn.Embedding(learnt + 1, WORD_SIZE, padding_idx=0)
        nn.init.normal_(self.learnt.weight, 0, 0.05)
        size = FILTERS * len(WIDTHS) + WORD_SIZE + CASE_SIZE + stats + 1 + HIT_FEATURES
        self.scan = nn.LSTM(size, STATES, batch_first=True, bidirectional=True)
        self.heads = nn.ModuleList([nn.Linear(2 * STATES, len(TAGS)) for _ in heads])
        self.steps = nn.Parameter(torch.zeros(len(heads), len(TAGS), len(TAGS)))
        self.start = nn.Parameter(torch.zeros(len(heads), len(TAGS)))

    def forward(self, tokens: Tensor, hits: Tensor, lengths: Tensor, types: Types, head: int) -> Tensor:
        used, place = torch.unique(tokens, return_inverse=True)
        inputs = torch.cat([self._types(used, types)[place], hits], dim=2)
        inputs = _whole_columns(inputs, DROP_IN, self.training)
        packed = nn.utils.rnn.pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        states, _ = nn.utils.rnn.pad_packed_sequence(self.scan(packed)[0], batch_first=True)
        answers: Tensor = self.heads[head](_whole_columns(states, DROP_OUT, self.training))
        return answers

    def _types(self, used: Tensor, types: Types) -> Tensor:
        spelled = types.letters[used]
        blank = (spelled == NO_LETTER)[:, None]
        vectors = self.letters(spelled).transpose(1, 2)
        spelling = [torch.relu(part(vectors)).masked_fill(blank, 0).amax(dim=2) for part in self.filters]
        word, unknown, learnt = self.project(types.vectors[used]), types.unknown[used], types.learnt[used]
        stats = types.stats[used]
        if self.training:
            learnt = learnt * (torch.rand(len(used)) >= DROP_LEARNT)
            lost = torch.rand(len(used)) < DROP_WORD
            learnt, unknown = learnt * ~lost, torch.where(lost, torch.ones_like(unknown), unknown)
            word, stats = word.masked_fill(lost[:, None], 0), stats.masked_fill(lost[:, None], 0)
        return torch.cat(
            [*spelling, word + self.learnt(learnt), self.cases(types.cases[used]), stats, unknown[:, None]], dim=1
        )


def _whole_columns(values: Tensor, share: float, training: bool) -> Tensor:
    """Drop the same numbers at every token of a sentence (Gal and Ghahramani, 2016)."""
    if not training:
        return values
    kept = torch.bernoulli(torch.full((len(values), 1, values.shape[2]), 1 - share))
    return values * kept / (1 - share)


def _loss(answers: Tensor, tags: Tensor, lengths: Tensor, steps: Tensor, start: Tensor) -> Tensor:
    """Return the negative log likelihood of the paths `tags`, summed (Lafferty et al., 2001)."""
    steps, start = steps + torch.tensor(NO_STEP), start + torch.tensor(NO_START)
    there = torch.arange(answers.shape[1])[None] < lengths[:, None]
    gold = (answers.gather(2, tags[..., None])[..., 0] * there).sum(dim=1) + start[tags[:, 0]]
    gold = gold + (steps[tags[:, :-1], tags[:, 1:]] * there[:, 1:]).sum(dim=1)
    reached = answers[:, 0] + start
    for at in range(1, answers.shape[1]):
        further = torch.logsumexp(reached[:, :, None] + steps, dim=1) + answers[:, at]
        reached = torch.where(there[:, at, None], further, reached)
    return (torch.logsumexp(reached, dim=1) - gold).sum()


def fit_recurrent(gold: Mapping[str, Sequence[Sentence]], words: Words, *, seed: int, saved: Path) -> Network:
    """Return the network fitted to the sentences of each guideline; what is kept is the mean over the last steps.

    The state after each epoch is in `saved`, and a stopped run goes on from there.
    """
    torch.manual_seed(seed)
    dice = random.Random(seed)
    counts = Counter(word_form(token) for rows in gold.values() for row in rows for token in row.tokens)
    learnt = {word: at for at, word in enumerate(sorted(w for w, n in counts.items() if n >= LEARNT_FROM), start=1)}
    tokens = sorted({token for rows in gold.values() for row in rows for token in row.tokens})
    number = {token: at for at, token in enumerate(tokens)}
    types = Types(tokens, words, learnt)
    net = Recurrent(vectors=words.vectors.shape[1], learnt=len(learnt), stats=words.stats.shape[1], heads=list(gold))
    mean = {name: value.clone() for name, value in net.state_dict().items()}
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=1e-3)
    total = EPOCHS * sum(-(-len(rows) // BATCH) for rows in gold.values())
    step, first, began = 0, 0, time.monotonic()
    if saved.exists():
        state = torch.load(saved, weights_only=False)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        mean, step, first = state["mean"], state["step"], state["epochs"]
        dice.setstate(state["dice"])
        torch.set_rng_state(state["torch"])
    net.train()
    for epoch in range(first, EPOCHS):
        jobs = [(head, batch) for head, rows in enumerate(gold.values()) for batch in _batches(rows, dice)]
        dice.shuffle(jobs)
        lost = 0.0
        for head, batch in jobs:
            inputs, hits, tags, lengths = _padded(batch, number)
            hits = hits * (torch.rand(len(batch), 1, 1) >= DROP_HITS)
            optimiser.param_groups[0]["lr"] = _rate(step, total)
            answers = net(inputs, hits, lengths, types, head)
            loss = _loss(answers, tags, lengths, net.steps[head], net.start[head]) / len(batch)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            step += 1
            lost += float(loss.detach())
            with torch.no_grad():
                for name, value in net.state_dict().items():
                    mean[name].lerp_(value, 1 - min(AVERAGE, (step + 1) / (step + 10)))
        print(f"  epoch {epoch + 1} loss {lost / len(jobs):.3f} after {time.monotonic() - began:.0f} s", flush=True)
        state = {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "mean": mean, "step": step}
        torch.save({**state, "epochs": epoch + 1, "dice": dice.getstate(), "torch": torch.get_rng_state()}, saved)
    net.load_state_dict(mean)
    return _network(net, words, learnt, list(gold))


def _rate(step: int, total: int) -> float:
    return float(RATE * min(1, step / 200) * (0.03 + 0.97 * 0.5 * (1 + np.cos(np.pi * step / total))))


def _batches(rows: Sequence[Sentence], dice: random.Random) -> list[list[Sentence]]:
    """Return batches of sentences of like length, dealt anew."""
    order = list(rows)
    dice.shuffle(order)
    batches = []
    for first in range(0, len(order), 40 * BATCH):
        alike = sorted(order[first : first + 40 * BATCH], key=lambda row: len(row.tokens))
        batches += [alike[at : at + BATCH] for at in range(0, len(alike), BATCH)]
    return batches


def _padded(batch: Sequence[Sentence], number: Mapping[str, int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    lengths = [len(row.tokens) for row in batch]
    tokens = np.zeros((len(batch), max(lengths)), dtype=np.int64)
    tags = np.zeros_like(tokens)
    hits = np.zeros((*tokens.shape, HIT_FEATURES), dtype=np.float32)
    for at, row in enumerate(batch):
        tokens[at, : lengths[at]] = [number[token] for token in row.tokens]
        tags[at, : lengths[at]] = [TAGS.index(tag) for tag in row.tags]
        hits[at, : lengths[at]] = hit_features(lengths[at], row.hits)
    return torch.tensor(tokens), torch.tensor(hits), torch.tensor(tags), torch.tensor(lengths)


def _network(net: Recurrent, words: Words, learnt: Mapping[str, int], heads: Sequence[str]) -> Network:
    """Return the arrays of `net`; every word's vector is written out, one byte a number."""

    def array(value: Any) -> NDArray[np.float32]:
        return np.asarray(value.detach().numpy(), dtype=np.float32)

    own = array(net.learnt.weight)[[learnt.get(word, 0) for word in words.row]]
    table = words.vectors @ array(net.project.weight).T + own
    scale = np.abs(table).max(axis=0) / 127
    scan = {name: array(value) for name, value in net.scan.named_parameters()}
    ways = ("", "_reverse")
    return Network(
        row=words.row,
        words=np.round(table / scale).astype(np.int8),
        word_scale=scale.astype(np.float32),
        stats=words.stats,
        letters=array(net.letters.weight),
        filters=tuple(array(part.weight).transpose(2, 1, 0) for part in net.filters),
        filter_biases=tuple(array(part.bias) for part in net.filters),
        cases=array(net.cases.weight),
        into=(scan["weight_ih_l0"].T, scan["weight_ih_l0_reverse"].T),
        across=(scan["weight_hh_l0"].T, scan["weight_hh_l0_reverse"].T),
        gate_bias=tuple(scan[f"bias_ih_l0{way}"] + scan[f"bias_hh_l0{way}"] for way in ways),
        heads={
            name: Head(
                weight=array(net.heads[at].weight).T,
                bias=array(net.heads[at].bias),
                steps=array(net.steps[at]),
                start=array(net.start[at]),
            )
            for at, name in enumerate(heads)
        },
    )
