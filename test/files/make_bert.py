"""Makes the files of test/files/bert: a BERT of random weights as Hugging Face and sentence-transformers write it, and
what transformers computes with it. Run with torch and transformers 5:

    python test/files/make_bert.py
"""

import json
from pathlib import Path

import torch
from transformers import BertConfig, BertModel

folder = Path(__file__).parent / "bert"
(folder / "1_Pooling").mkdir(parents=True, exist_ok=True)
pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "star", "round", "moon"]
torch.manual_seed(0)
config = BertConfig(
    vocab_size=len(pieces),
    hidden_size=8,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=12,
    max_position_embeddings=16,
    initializer_range=0.5,
)
bert = BertModel(config, add_pooling_layer=False).eval()
bert.save_pretrained(folder)
(folder / "vocab.txt").write_text("\n".join(pieces) + "\n")
(folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}) + "\n")
ids = [[2, 5, 6, 3, 0], [2, 7, 8, 5, 3]]
mask = torch.tensor([[float(piece != 0) for piece in row] for row in ids])
with torch.inference_mode():
    hidden = bert(torch.tensor(ids), attention_mask=mask).last_hidden_state
mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
expected = {"ids": ids, "mean": mean.tolist(), "first": hidden[:, 0].tolist()}
(folder / "expected.json").write_text(json.dumps(expected) + "\n")
