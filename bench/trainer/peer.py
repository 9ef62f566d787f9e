"""Trains Hugging Face's model with PyTorch's fused AdamW on the same tokens, eager or compiled.

    python peer.py RESOURCE.yaml DATASET_FOLDER eager|compile

Prints the median of tokens per second over all steps but the first four, as JSON.
"""

import json
import pathlib
import statistics
import sys
import time

import pyarrow.ipc
import torch
import yaml
from transformers import Qwen3Config, Qwen3ForCausalLM, Qwen3MoeConfig, Qwen3MoeForCausalLM

WARMUP_STEPS = 4


def build(spec, length):
    shared = dict(
        vocab_size=spec["vocabularySize"],
        hidden_size=spec["hiddenSize"],
        num_hidden_layers=spec["layers"],
        num_attention_heads=spec["attentionHeads"],
        num_key_value_heads=spec["keyValueHeads"],
        head_dim=spec["headDim"],
        max_position_embeddings=length,
        tie_word_embeddings=True,
        use_cache=False,
        attn_implementation="sdpa",
    )
    if spec["architecture"] == "dense":
        return Qwen3ForCausalLM(Qwen3Config(intermediate_size=spec["innerSize"], **shared))
    return Qwen3MoeForCausalLM(
        Qwen3MoeConfig(
            moe_intermediate_size=spec["innerSize"],
            num_experts=spec["experts"],
            num_experts_per_tok=spec["expertsPerToken"],
            norm_topk_prob=True,
            output_router_logits=False,
            **shared,
        )
    )


def main():
    spec = yaml.safe_load(pathlib.Path(sys.argv[1]).read_text())["spec"]
    training = spec["training"]
    length, batch = training["sequenceLength"], training["globalBatchSize"]
    torch.set_num_threads(spec["trainer"]["threads"])
    torch.manual_seed(1)
    shard = sorted(pathlib.Path(sys.argv[2]).glob("shard-*.arrow"))[0]
    table = pyarrow.ipc.open_file(pyarrow.memory_map(str(shard))).read_all()
    tokens = torch.from_numpy(table["input_ids"].combine_chunks().flatten().to_numpy().copy()).long()

    model = build(spec["model"], length).train()
    if sys.argv[3] == "compile":
        model = torch.compile(model)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True
    )
    steps = spec["stages"][0]["tokens"] // (batch * length)
    seconds = []
    for step in range(steps):
        begin = time.perf_counter()
        first = step * batch * length
        window = tokens[first : first + batch * length + 1]
        inputs, targets = window[:-1].view(batch, length), window[1:]
        logits = model(input_ids=inputs).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
        seconds.append(time.perf_counter() - begin)
    median = statistics.median(seconds[WARMUP_STEPS:])
    print(json.dumps({"tokensPerSecond": batch * length / median, "loss": loss.item()}))


if __name__ == "__main__":
    main()
