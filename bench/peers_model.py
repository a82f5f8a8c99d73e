"""The teacher, the student and their losses as idiomatic eager PyTorch; peers.py times them.

Both encoders run the whole last block for every token, though only the CLS row is read after it, and patches enter as
a matrix [batch, patches, 3 * patch * patch] that is multiplied by the projection. A student's layers are all plain
scaled_dot_product_attention: what is distilled is the attention *across* its towers, which neither tower computes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Sizes:
    """What a model and a batch measure; `grid` is the side of the position table, `inputs` are 3 x patch x patch."""

    width: int
    heads: int
    depth: int
    hidden: int
    inputs: int
    patches: int
    grid: int
    words: int
    batch: int
    vocabulary: int = 30522
    answers: int = 3129


SIZES = {
    "base": Sizes(768, 12, 12, 3072, 3 * 32 * 32, patches=240, grid=12, words=40, batch=4),  # ViLT-B/32
    "small": Sizes(192, 3, 6, 768, 3 * 16 * 16, patches=64, grid=8, words=20, batch=32),
    "mini": Sizes(128, 4, 3, 512, 3 * 16 * 16, patches=9, grid=3, words=12, batch=64, vocabulary=50, answers=20),
}


@dataclass(frozen=True)
class Batch:
    """Masks are booleans, true where a token is real; `place` resizes the position table by a matrix product."""

    ids: Tensor  # [batch, words]
    segments: Tensor  # [batch, words]
    text_mask: Tensor  # [batch, words]
    patches: Tensor  # [batch, patches, inputs]
    place: Tensor  # [batch, patches, grid * grid]
    image_mask: Tensor  # [batch, 1 + patches]


@dataclass(frozen=True)
class Encoded:
    """What an encoder hands on; q and k are the last layer's, [batch, heads, tokens, width / heads]."""

    last: Tensor
    pooled: Tensor
    q: Tensor
    k: Tensor


class TextEmbedding(nn.Module):
    """LN(word + segment + position), [batch, words, width]."""

    def __init__(self, s: Sizes) -> None:
        super().__init__()
        self.word = nn.Embedding(s.vocabulary, s.width)
        self.position = nn.Embedding(s.words, s.width)
        self.segment = nn.Embedding(2, s.width)
        self.norm = nn.LayerNorm(s.width, eps=1e-12)

    def forward(self, b: Batch) -> tuple[Tensor, Tensor]:
        x = self.word(b.ids) + self.segment(b.segments) + self.position.weight[: b.ids.shape[1]]
        return self.norm(x), b.text_mask


class ImageEmbedding(nn.Module):
    """[CLS, projected patches] + their positions, [batch, 1 + patches, width]."""

    def __init__(self, s: Sizes) -> None:
        super().__init__()
        self.projection = nn.Linear(s.inputs, s.width)
        self.cls = nn.Parameter(torch.zeros(1, 1, s.width))
        self.position = nn.Parameter(torch.randn(1, 1 + s.grid**2, s.width) * 0.02)

    def forward(self, b: Batch) -> tuple[Tensor, Tensor]:
        cls = (self.cls + self.position[:, :1]).expand(len(b.patches), -1, -1)
        patches = self.projection(b.patches) + b.place @ self.position[0, 1:]
        return torch.cat([cls, patches], 1), b.image_mask


class Block(nn.Module):
    """A pre-norm Transformer block; hands its queries and keys on, so that the last ones can be compared."""

    def __init__(self, s: Sizes) -> None:
        super().__init__()
        self.heads = s.heads
        self.norm1, self.norm2 = nn.LayerNorm(s.width, eps=1e-6), nn.LayerNorm(s.width, eps=1e-6)
        self.qkv, self.proj = nn.Linear(s.width, 3 * s.width), nn.Linear(s.width, s.width)
        self.fc1, self.fc2 = nn.Linear(s.width, s.hidden), nn.Linear(s.hidden, s.width)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = self.qkv(self.norm1(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.proj(attended.transpose(1, 2).flatten(2))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x)))), q, k


class Encoder(nn.Module):
    """A ViLT Transformer over its embeddings in the order given; row i of `modality` is text 0, image 1."""

    ROWS = {TextEmbedding: 0, ImageEmbedding: 1}

    def __init__(self, s: Sizes, *embeddings: nn.Module) -> None:
        super().__init__()
        self.embeddings = nn.ModuleList(embeddings)
        self.modality = nn.Embedding(2, s.width)
        self.blocks = nn.ModuleList(Block(s) for _ in range(s.depth))
        self.norm, self.pooler = nn.LayerNorm(s.width, eps=1e-6), nn.Linear(s.width, s.width)

    def forward(self, b: Batch) -> Encoded:
        tokens, masks = zip(*(embed(b) for embed in self.embeddings))
        typed = [t + self.modality.weight[self.ROWS[type(e)]] for t, e in zip(tokens, self.embeddings)]
        x, mask = torch.cat(typed, 1), torch.cat(masks, 1)[:, None, None]
        for block in self.blocks:
            x, q, k = block(x, mask)
        last = self.norm(x)
        return Encoded(last, torch.tanh(self.pooler(last[:, 0])), q, k)


def mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """The one shape of the interaction f and of every head."""
    return nn.Sequential(nn.Linear(inputs, hidden), nn.LayerNorm(hidden), nn.GELU(), nn.Linear(hidden, outputs))


class Teacher(nn.Module):
    """The fusion encoder: one Transformer over both modalities, text first."""

    def __init__(self, s: Sizes) -> None:
        super().__init__()
        self.vilt = Encoder(s, TextEmbedding(s), ImageEmbedding(s))
        self.classifier = mlp(s.width, 2 * s.width, s.answers)

    def forward(self, b: Batch) -> tuple[Tensor, Encoded]:
        encoded = self.vilt(b)
        return self.classifier(encoded.pooled), encoded


class Student(nn.Module):
    """The dual encoder: two separate towers, the shallow interaction f, the head."""

    def __init__(self, s: Sizes) -> None:
        super().__init__()
        self.text_encoder, self.image_encoder = Encoder(s, TextEmbedding(s)), Encoder(s, ImageEmbedding(s))
        self.fusion, self.classifier = mlp(2 * s.width, 2 * s.width, s.width), mlp(s.width, 2 * s.width, s.answers)

    def answer(self, text: Tensor, image: Tensor) -> Tensor:
        """Logits from two pooled vectors."""
        return self.classifier(self.fusion(torch.cat([text, image], -1)))

    def forward(self, b: Batch) -> tuple[Tensor, Encoded, Encoded]:
        text, image = self.text_encoder(b), self.image_encoder(b)
        return self.answer(text.pooled, image.pooled), text, image


def log_attention(q: Tensor, k: Tensor, mask: Tensor) -> Tensor:
    """log softmax(QK^T / sqrt(d)) over real keys; -10000 keeps 0 x log 0 finite."""
    scores = (q @ k.transpose(-1, -2)).float() / math.sqrt(q.shape[-1])
    return scores.masked_fill(~mask[:, None, None], -1e4).log_softmax(-1)


def divergence(student: Tensor, teacher: Tensor) -> Tensor:
    """KL(teacher || student), the mean over batch, heads and all queries."""
    return F.kl_div(student, teacher, reduction="sum", log_target=True) / student[..., 0].numel()


def distillation(teacher: Teacher, student: Student, b: Batch) -> dict[str, Tensor]:
    """L_CA (both directions, last layer) and L_SL (soft binary cross entropy, mean x answers)."""
    with torch.no_grad():
        target, t = teacher(b)
    logits, text, image = student(b)
    words = b.ids.shape[1]
    with torch.no_grad():
        t2v = log_attention(t.q[:, :, :words], t.k[:, :, words:], b.image_mask)
        v2t = log_attention(t.q[:, :, words:], t.k[:, :, :words], b.text_mask)
    attention = divergence(log_attention(text.q, image.k, b.image_mask), t2v)
    attention = attention + divergence(log_attention(image.q, text.k, b.text_mask), v2t)
    answers = target.shape[-1]
    soft = F.binary_cross_entropy_with_logits(logits.float(), target.float().sigmoid()) * answers
    return {"attn.cross.ts.mean_all": attention, "soft_bce": soft, "total_released": attention + soft}


def initialise(model: nn.Module) -> None:
    """ViLT's start: N(0, 0.02), biases 0; LayerNorms stay 1 and 0."""
    for part in model.modules():
        if isinstance(part, (nn.Linear, nn.Embedding)):
            nn.init.normal_(part.weight, std=0.02)
        if isinstance(part, nn.Linear) and part.bias is not None:
            nn.init.zeros_(part.bias)


def resizing(grid: int, rows: int, columns: int) -> Tensor:
    """Weights [rows * columns, grid * grid] of the bilinear resize of a position table, corners aligned."""
    unit = torch.eye(grid**2).view(1, grid**2, grid, grid)
    return F.interpolate(unit, (rows, columns), mode="bilinear", align_corners=True)[0].flatten(1).T


def random_batch(s: Sizes) -> Batch:
    """Full-length pairs of random words and patches, on the squarest grid that holds the patches."""
    rows = max(n for n in range(1, math.isqrt(s.patches) + 1) if s.patches % n == 0)
    ids = torch.randint(s.vocabulary, (s.batch, s.words))
    place = resizing(s.grid, rows, s.patches // rows).repeat(s.batch, 1, 1)
    patches = torch.rand(s.batch, s.patches, s.inputs) * 2 - 1
    full = torch.ones(s.batch, 1 + s.patches, dtype=torch.bool)
    return Batch(ids, torch.zeros_like(ids), torch.ones_like(ids, dtype=torch.bool), patches, place, full)
