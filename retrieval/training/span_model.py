"""The reader in torch: a BERT encoder that finds answers, and a branch of it that judges whether a window has one.

A linear layer scores each token as start and as end of the answer. The judge has a last layer of its own, which looks
at the same hidden states from position 0 only: what finds the best of several windows and what refuses a question that
none of them answers are trained on different pairs, and each cost the other when one layer did both.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

HEADS = 12
EPSILON = 1e-12  # of BERT's layer normalisation
LARGEST_INTEGER = 63  # that a shipped weight is written as: seven bits, see export
OUTSIDE = -1e4  # the logit of tokens where no answer may stand; fits into bfloat16
PARTS = {  # our names of the parameters of a layer, and BERT's
    "attention.output.dense": "output",
    "attention.output.LayerNorm": "attention_norm",
    "intermediate.dense": "wide",
    "output.dense": "narrow",
    "output.LayerNorm": "norm",
}


class Layer(nn.Module):  # type: ignore[misc]  # torch's types are not read
    """A transformer layer, normalised after each half, as in BERT."""

    def __init__(self, size: int, wide: int) -> None:
        super().__init__()
        self.attention = nn.Linear(size, 3 * size)  # queries, keys and values at once
        self.output = nn.Linear(size, size)
        self.attention_norm = nn.LayerNorm(size, eps=EPSILON)
        self.wide = nn.Linear(size, wide)
        self.narrow = nn.Linear(wide, size)
        self.norm = nn.LayerNorm(size, eps=EPSILON)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Return the hidden states after this layer, (pairs, tokens, size)."""
        pairs, tokens, size = hidden.shape
        parts = self.attention(hidden).view(pairs, tokens, 3, HEADS, size // HEADS).permute(2, 0, 3, 1, 4)
        # Written out, since the backward pass of scaled_dot_product_attention takes five times as long on a CPU.
        scores = torch.matmul(parts[0], parts[1].transpose(-1, -2)) * (size // HEADS) ** -0.5
        mixed = torch.matmul(torch.softmax(scores + mask, dim=-1), parts[2])
        hidden = self.attention_norm(hidden + self.output(mixed.transpose(1, 2).reshape(pairs, tokens, size)))
        result: Tensor = self.norm(hidden + self.narrow(functional.gelu(self.wide(hidden))))
        return result


class Judge(nn.Module):  # type: ignore[misc]
    """A transformer layer for position 0 alone, and the log-odds that the window answers."""

    def __init__(self, size: int, wide: int) -> None:
        super().__init__()
        self.query = nn.Linear(size, size)
        self.attention = nn.Linear(size, 2 * size)  # keys and values
        self.output = nn.Linear(size, size)
        self.attention_norm = nn.LayerNorm(size, eps=EPSILON)
        self.wide = nn.Linear(size, wide)
        self.narrow = nn.Linear(wide, size)
        self.norm = nn.LayerNorm(size, eps=EPSILON)
        self.head = nn.Linear(size, 1)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Return log-odds, (pairs,), from hidden states (pairs, tokens, size)."""
        pairs, tokens, size = hidden.shape
        first = hidden[:, 0]
        query = self.query(first).view(pairs, HEADS, 1, size // HEADS)
        keys, values = self.attention(hidden).view(pairs, tokens, 2, HEADS, size // HEADS).permute(2, 0, 3, 1, 4)
        scores = torch.matmul(query, keys.transpose(-1, -2)) * (size // HEADS) ** -0.5
        mixed = torch.matmul(torch.softmax(scores + mask, dim=-1), values)
        first = self.attention_norm(first + self.output(mixed.reshape(pairs, size)))
        first = self.norm(first + self.narrow(functional.gelu(self.wide(first))))
        log_odds: Tensor = self.head(first)[:, 0]
        return log_odds

    def begin_as(self, layer: Layer, head: nn.Linear) -> None:
        """Start from a layer, of its wide part the columns with the largest weights, and from a head for spans."""
        with torch.no_grad():
            size = self.query.out_features
            kept = layer.narrow.weight.norm(dim=0).argsort(descending=True)[: self.wide.out_features].sort().values
            for kind in ("weight", "bias"):
                both = getattr(layer.attention, kind)
                getattr(self.query, kind).copy_(both[:size])
                getattr(self.attention, kind).copy_(both[size:])
                for name in ("output", "attention_norm", "norm"):
                    getattr(getattr(self, name), kind).copy_(getattr(getattr(layer, name), kind))
                getattr(self.wide, kind).copy_(getattr(layer.wide, kind)[kept])
                getattr(self.head, kind).copy_(-getattr(head, kind).sum(0, keepdim=True))
            self.narrow.weight.copy_(layer.narrow.weight[:, kept])
            self.narrow.bias.copy_(layer.narrow.bias)


class SpanModel(nn.Module):  # type: ignore[misc]
    """Scores tokens as start and end of an answer, and judges; position 0 stands for "no answer"."""

    def __init__(self, vocabulary: int, size: int, wide: int, layers: int, positions: int) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, size)
        self.positions = nn.Embedding(positions, size)
        self.types = nn.Embedding(2, size)
        self.norm = nn.LayerNorm(size, eps=EPSILON)
        self.layers = nn.ModuleList(Layer(size, wide) for _ in range(layers))
        self.head = nn.Linear(size, 2)
        self.judge = Judge(size, wide * 2 // 3)  # as many as fit into the size of a reader
        self.judge.begin_as(self.layers[-1], self.head)

    def forward(self, ids: Tensor, types: Tensor, filled: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (pairs, tokens, 2), start and end, and the log-odds that the windows answer, (pairs,)."""
        at = torch.arange(ids.shape[1], device=ids.device)
        hidden = self.norm(self.words(ids) + self.positions(at) + self.types(types))
        mask = torch.zeros(filled.shape, dtype=hidden.dtype, device=ids.device).masked_fill(~filled, OUTSIDE)
        mask = mask[:, None, None, :]
        *lower, last = self.layers
        for layer in lower:
            hidden = layer(hidden, mask)
        return self.head(last(hidden, mask)), self.judge(hidden, mask)


def span_loss(logits: Tensor, text: Tensor, starts: Tensor, ends: Tensor) -> Tensor:
    """Return the mean over pairs of -log P(right start) - log P(right end), halved.

    The probability of the right positions is the sum of theirs, so that any of several answers will do.
    """
    scores = logits.float().masked_fill(~text[:, :, None], OUTSIDE)
    right = torch.stack([starts, ends], dim=2)
    losses = scores.logsumexp(1) - scores.masked_fill(~right, OUTSIDE).logsumexp(1)
    return losses.mean()


def list_loss(logits: Tensor, text: Tensor, starts: Tensor, groups: Tensor) -> Tensor:
    """Return the mean over groups of -log P(a window that answers), a softmax over the log-odds of their windows.

    The localized contrastive estimation of Gao et al. (2021); groups without both kinds of windows do not count.
    """
    scores = logits.float().masked_fill(~text[:, :, None], OUTSIDE)
    log_odds = (scores[:, 1:].logsumexp(1) - scores[:, 0]).mean(1)
    members = groups[:, None] == groups.unique()[None, :]
    right = members & ~starts[:, :1]
    both = right.any(0) & (members & ~right).any(0)
    spread = log_odds[:, None].expand(members.shape)
    losses = spread.masked_fill(~members, OUTSIDE).logsumexp(0) - spread.masked_fill(~right, OUTSIDE).logsumexp(0)
    return (losses * both).sum() / both.sum().clamp_min(1)


def judge_loss(judged: Tensor, starts: Tensor) -> Tensor:
    """Return the mean over pairs of -log P(right verdict), from log-odds (pairs,) that windows answer."""
    return functional.binary_cross_entropy_with_logits(judged.float(), (~starts[:, 0]).float())


def round_rows(weights: Tensor) -> Tensor:
    """Round the rows of a matrix to multiples of 1/63 of their largest value, as the export does."""
    scales = weights.abs().amax(dim=1, keepdim=True).clamp_min(1e-12) / LARGEST_INTEGER
    return torch.round(weights / scales) * scales


def freeze(model: SpanModel, layers: int) -> None:
    """Keep the embeddings and the first `layers` layers of a model as they are; with 0, nothing."""
    kept = [model.words, model.positions, model.types, model.norm, *model.layers[:layers]] if layers else []
    for module in kept:
        module.requires_grad_(False)


def from_bert(path: Path, layers: int) -> SpanModel:
    """Start from the weights of a BERT model, with the first `layers` of its layers and a head of zeros."""
    from safetensors.torch import load_file

    weights = {name.removeprefix("bert."): tensor.float() for name, tensor in load_file(path).items()}
    words = weights["embeddings.word_embeddings.weight"]
    wide = weights["encoder.layer.0.intermediate.dense.weight"].shape[0]
    positions = weights["embeddings.position_embeddings.weight"]
    model = SpanModel(words.shape[0], words.shape[1], wide, layers, positions.shape[0])
    state: dict[str, Any] = {
        "words.weight": words,
        "positions.weight": positions,
        "types.weight": weights["embeddings.token_type_embeddings.weight"],
        "norm.weight": weights["embeddings.LayerNorm.weight"],
        "norm.bias": weights["embeddings.LayerNorm.bias"],
        "head.weight": torch.zeros(2, words.shape[1]),
        "head.bias": torch.zeros(2),
    }
    for row in range(layers):
        for kind in ("weight", "bias"):
            bert = f"encoder.layer.{row}."
            names = [f"{bert}attention.self.{part}.{kind}" for part in ("query", "key", "value")]
            state[f"layers.{row}.attention.{kind}"] = torch.cat([weights[name] for name in names])
            for theirs, ours in PARTS.items():
                state[f"layers.{row}.{ours}.{kind}"] = weights[f"{bert}{theirs}.{kind}"]
    model.load_state_dict(state, strict=False)  # a BERT model has no judge
    model.judge.begin_as(model.layers[-1], model.head)
    return model
