"""Stage 1, the pre-training of the student, as idiomatic eager PyTorch over the parts of peers_model.py.

Matching learns from the teacher alone (L_SL + L_CA on pairs of which half are false), contrast from the diagonal and
L_CA on the matched pairs, masked words from ground truth. The language head is computed at the masked places alone,
and its decoder is the text encoder's word table. Half of the pairs to be matched are the true ones: as codes of this
kind do, each loss computes the pairs that it wants, or (`once`) a pair is computed once, whoever wants it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from peers_model import (
    Batch,
    Encoded,
    Encoder,
    ImageEmbedding,
    Sizes,
    TextEmbedding,
    divergence,
    log_attention,
    mlp,
    random_batch,
)

MASKED_SHARE = 0.15


@dataclass(frozen=True)
class PretrainingBatch:
    """Each text with its own image, with the one that it may not belong to, and with words masked."""

    own: Batch
    other: Batch  # the same texts
    true: Tensor  # [batch], whether it is its own
    masked_ids: Tensor  # [batch, words]
    places: Tensor  # [masked], in the texts laid end to end
    labels: Tensor  # [masked]


class PretrainingTeacher(nn.Module):
    """The fusion encoder and whether a text belongs to an image."""

    def __init__(self, s: Sizes) -> None:
        super().__init__()
        self.vilt = Encoder(s, TextEmbedding(s), ImageEmbedding(s))
        self.itm_score = nn.Linear(s.width, 2)


class Contrast(nn.Module):
    """The space in which images and texts are compared."""

    def __init__(self, width: int, space: int) -> None:
        super().__init__()
        self.image_proj, self.text_proj = nn.Linear(width, space, bias=False), nn.Linear(width, space, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def forward(self, image: Tensor, text: Tensor) -> Tensor:
        u, v = F.normalize(self.image_proj(image), dim=-1), F.normalize(self.text_proj(text), dim=-1)
        return self.logit_scale.exp() * u @ v.T


class LanguageHead(nn.Module):
    """BERT's; the word table decodes."""

    def __init__(self, s: Sizes) -> None:
        super().__init__()
        self.dense, self.norm = nn.Linear(s.width, s.width), nn.LayerNorm(s.width, eps=1e-12)
        self.bias = nn.Parameter(torch.zeros(s.vocabulary))

    def forward(self, x: Tensor, table: Tensor) -> Tensor:
        return F.linear(self.norm(F.gelu(self.dense(x))), table, self.bias)


class PretrainingStudent(nn.Module):
    """The two towers, f, and the heads of stage 1."""

    def __init__(self, s: Sizes, space: int | None = None) -> None:
        super().__init__()
        self.text_encoder, self.image_encoder = Encoder(s, TextEmbedding(s)), Encoder(s, ImageEmbedding(s))
        self.fusion, self.itm_score = mlp(2 * s.width, 2 * s.width, s.width), nn.Linear(s.width, 2)
        self.itc, self.mlm_score = Contrast(s.width, space or s.width), LanguageHead(s)


def cross_attention(teacher: Encoded, text: Encoded, image: Encoded, b: Batch) -> Tensor:
    """L_CA of one pairing, both directions, the mean over all queries."""
    words = b.ids.shape[1]
    with torch.no_grad():
        t2v = log_attention(teacher.q[:, :, :words], teacher.k[:, :, words:], b.image_mask)
        v2t = log_attention(teacher.q[:, :, words:], teacher.k[:, :, :words], b.text_mask)
    found = divergence(log_attention(text.q, image.k, b.image_mask), t2v)
    return found + divergence(log_attention(image.q, text.k, b.text_mask), v2t)


def tensors(x: Batch | Encoded) -> tuple[Tensor, ...]:
    """All that it holds, each with the batch first; no copies."""
    return tuple(getattr(x, field.name) for field in fields(x))


def twice(encoder: Encoder, b: PretrainingBatch, once: bool) -> tuple[Encoded, Encoded]:
    """What an encoder makes of the own and of the other images."""
    if not once:
        return encoder(b.own), encoder(b.other)
    false = ~b.true
    each = encoder(Batch(*(torch.cat([x, y[false]]) for x, y in zip(tensors(b.own), tensors(b.other)))))
    own = torch.arange(len(false))
    other = torch.where(false, len(false) + false.cumsum(0) - 1, own)
    return tuple(Encoded(*(x[places] for x in tensors(each))) for places in (own, other))


def pretraining(
    teacher: PretrainingTeacher, student: PretrainingStudent, b: PretrainingBatch, once: bool = False
) -> dict[str, Tensor]:
    """Every loss of stage 1, and their sum."""
    with torch.no_grad():
        t_own, t_other = twice(teacher.vilt, b, once)
        target = teacher.itm_score(t_other.pooled).log_softmax(-1)
    text = student.text_encoder(b.own)
    own, other = twice(student.image_encoder, b, once)
    logits = student.itm_score(student.fusion(torch.cat([text.pooled, other.pooled], -1)))
    similar = student.itc(own.last[:, 0], text.last[:, 0])
    diagonal = torch.arange(len(similar))
    masked = student.text_encoder(replace(b.own, ids=b.masked_ids)).last.flatten(0, 1)[b.places]
    table = student.text_encoder.embeddings[0].word.weight
    losses = {
        "itm.soft_kl_T1.ts": F.kl_div(logits.log_softmax(-1), target, reduction="batchmean", log_target=True),
        "itm.attn.cross.ts.mean_all": cross_attention(t_other, text, other, b.other),
        "itc.mean": (F.cross_entropy(similar, diagonal) + F.cross_entropy(similar.T, diagonal)) / 2,
        "itc.attn.cross.ts.mean_all": cross_attention(t_own, text, own, b.own),
        "mlm.ce": F.cross_entropy(student.mlm_score(masked, table), b.labels),
    }
    return losses | {"total": torch.stack(list(losses.values())).sum()}


def random_pretraining_batch(s: Sizes) -> PretrainingBatch:
    """Full-length pairs, every other image false, and 15 % of each text's words masked."""
    own = random_batch(s)
    true = torch.arange(s.batch) % 2 == 0
    other = replace(own, patches=torch.where(true[:, None, None], own.patches, random_batch(s).patches))
    count = max(1, round(MASKED_SHARE * (s.words - 2)))
    places = (torch.arange(s.batch)[:, None] * s.words + 1 + torch.arange(count)).flatten()
    labels = torch.randint(s.vocabulary, places.shape)
    return PretrainingBatch(own, other, true, own.ids, places, labels)
