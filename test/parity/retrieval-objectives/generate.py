"""Reference numbers of the retrieval objectives, with PyTorch's autograd in float64:

    python test/parity/retrieval-objectives/generate.py

writes numbers.json beside it. The losses are written as their papers write them: SigLIP's pseudocode (Zhai et al. 2023,
algorithm 1); soft scores by torch.nn.functional.kl_div; the partial ranking by loops over the hard negatives.
"""
import json
import math
import pathlib

import torch
import torch.nn.functional as F

BATCH, SPACE, K = 4, 3, 3
torch.manual_seed(0)


def drawn(*shape):
    """Numbers that float32 holds exactly."""
    return torch.randn(*shape, dtype=torch.float64).float().double().requires_grad_()


def sigmoid_contrast(image, text, scale, bias):
    zimg, ztxt = F.normalize(image), F.normalize(text)
    logits = zimg @ ztxt.T * torch.exp(scale) + bias
    labels = 2 * torch.eye(BATCH, dtype=torch.float64) - torch.ones(BATCH, dtype=torch.float64)
    return -F.logsigmoid(labels * logits).sum() / BATCH


def soft_scores(student, teacher, tau):
    def kl(s, t):
        return tau**2 * F.kl_div(F.log_softmax(s / tau, -1), F.softmax(t / tau, -1), reduction="batchmean")

    return (kl(student["texts"], teacher["texts"]) + kl(student["images"], teacher["images"])) / 2


def partial_ranking(student, teacher):
    def ranked(s, t):
        total = 0.0
        for row, order in zip(s[:, 1:], t[:, 1:]):
            for i in range(K):
                lower = [j for j in range(K) if order[j] < order[i]]
                total = total - (row[i] - torch.logsumexp(torch.stack([row[i], *(row[j] for j in lower)]), 0))
        return total / BATCH / (K - 1)

    return (ranked(student["texts"], teacher["texts"]) + ranked(student["images"], teacher["images"])) / 2


def record(loss, **inputs):
    gradients = torch.autograd.grad(loss, list(inputs.values()))
    return {
        "loss": loss.item(),
        "inputs": {name: x.detach().flatten().tolist() for name, x in inputs.items()},
        "gradients": {name: g.flatten().tolist() for name, g in zip(inputs, gradients)},
    }


image, text = drawn(BATCH, SPACE), drawn(BATCH, SPACE)
scale = torch.tensor(math.log(10), dtype=torch.float64).float().double().requires_grad_()
bias = torch.tensor(-10.0, dtype=torch.float64, requires_grad=True)
student = {"texts": drawn(BATCH, 1 + K), "images": drawn(BATCH, 1 + K)}
teacher = {name: drawn(BATCH, 1 + K).detach() for name in student}
with torch.no_grad():
    teacher["texts"][1, 3] = teacher["texts"][1, 2]  # a tie, which is no order
numbers = {
    "teacher": {name: x.flatten().tolist() for name, x in teacher.items()},
    "sigmoid": record(sigmoid_contrast(image, text, scale, bias), image=image, text=text, scale=scale, bias=bias),
    "soft": record(soft_scores(student, teacher, 1.0), **student),
    "soft, temperature 2": record(soft_scores(student, teacher, 2.0), **student),
    "ranking": record(partial_ranking(student, teacher), **student),
}
pathlib.Path(__file__).with_name("numbers.json").write_text(json.dumps(numbers, indent=1) + "\n")
