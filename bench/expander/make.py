"""Writes a mixture-of-experts checkpoint of at least the given size, with AdamW's moments.

make.py FOLDER GIGABYTES: values are random; files and digests are as in a real checkpoint.
"""

import hashlib
import itertools
import json
import pathlib
import struct
import sys

import numpy

HIDDEN, INNER, HEADS, KEY_VALUE_HEADS, HEAD_DIM, EXPERTS, VOCABULARY = 1024, 512, 16, 4, 96, 64, 50304
LARGEST_FILE = 5_000_000_000


def catalogue(layers):
    yield "model.embed_tokens.weight", (VOCABULARY, HIDDEN)
    for layer in range(layers):
        at = f"model.layers.{layer}."
        yield at + "input_layernorm.weight", (HIDDEN,)
        yield at + "self_attn.q_proj.weight", (HEADS * HEAD_DIM, HIDDEN)
        yield at + "self_attn.k_proj.weight", (KEY_VALUE_HEADS * HEAD_DIM, HIDDEN)
        yield at + "self_attn.v_proj.weight", (KEY_VALUE_HEADS * HEAD_DIM, HIDDEN)
        yield at + "self_attn.o_proj.weight", (HIDDEN, HEADS * HEAD_DIM)
        yield at + "self_attn.q_norm.weight", (HEAD_DIM,)
        yield at + "self_attn.k_norm.weight", (HEAD_DIM,)
        yield at + "post_attention_layernorm.weight", (HIDDEN,)
        yield at + "mlp.gate.weight", (EXPERTS, HIDDEN)
        for expert in range(EXPERTS):
            of = f"{at}mlp.experts.{expert}."
            yield of + "gate_proj.weight", (INNER, HIDDEN)
            yield of + "up_proj.weight", (INNER, HIDDEN)
            yield of + "down_proj.weight", (HIDDEN, INNER)
    yield "model.norm.weight", (HIDDEN,)


def size(shape):
    return 4 * int(numpy.prod(shape))


def config(layers):
    return {
        "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_act": "silu",
        "vocab_size": VOCABULARY, "hidden_size": HIDDEN, "num_hidden_layers": layers,
        "num_attention_heads": HEADS, "num_key_value_heads": KEY_VALUE_HEADS, "head_dim": HEAD_DIM,
        "moe_intermediate_size": INNER, "num_experts": EXPERTS, "num_experts_per_tok": 8,
        "norm_topk_prob": True, "tie_word_embeddings": True, "rms_norm_eps": 1e-6, "rope_theta": 1e6,
        "max_position_embeddings": 4096, "decoder_sparse_step": 1, "mlp_only_layers": [],
    }


class Folder:
    def __init__(self, path):
        self.path = path
        self.path.mkdir(parents=True)
        self.files = {}

    def text(self, name, value):
        self.bytes(name, [(json.dumps(value, indent=2) + "\n").encode()])

    def bytes(self, name, pieces):
        digest, length = hashlib.sha256(), 0
        with open(self.path / name, "wb") as file:
            for piece in pieces:
                digest.update(piece)
                length += len(piece)
                file.write(piece)
        self.files[name] = {"size": length, "sha256": digest.hexdigest()}

    def tensors(self, kind, tensors, pool):
        shards, filled = [], LARGEST_FILE + 1
        for tensor in tensors:
            if filled + size(tensor[1]) > LARGEST_FILE:
                shards.append([])
                filled = 0
            shards[-1].append(tensor)
            filled += size(tensor[1])
        for number, shard in enumerate(shards, 1):
            header, offset = {}, 0
            for name, shape in shard:
                header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + size(shape)]}
                offset += size(shape)
            text = json.dumps(header).encode()
            text += b" " * (-len(text) % 8)
            parts = ([struct.pack("<Q", len(text)), text], *(pieces_of(pool, name, shape) for name, shape in shard))
            self.bytes(f"{kind}-{number:05d}-of-{len(shards):05d}.safetensors", itertools.chain(*parts))


def pieces_of(pool, name, shape):
    """Returns a tensor's bytes from a pool of random values, at an offset derived from its name; squared if it must be positive."""
    elements, start = size(shape) // 4, int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")
    while elements > 0:
        start %= len(pool)
        part = pool[start:start + elements]
        yield (part * part if name.endswith("_sq") else part).tobytes()
        elements -= len(part)
        start = 0


def main(path, gigabytes):
    shapes = lambda layers: list(catalogue(layers))
    layers = 1
    while 3 * sum(size(shape) for _, shape in shapes(layers)) < float(gigabytes) * 1e9:
        layers += 1
    tensors = shapes(layers)
    moments = [(name + suffix, shape) for name, shape in tensors for suffix in (".exp_avg", ".exp_avg_sq")]
    random = numpy.random.default_rng(1)
    pool = (0.02 * random.standard_normal(64 << 20, dtype=numpy.float32)).astype("<f4")
    folder = Folder(pathlib.Path(path))
    folder.text("config.json", config(layers))
    folder.tensors("model", tensors, pool)
    folder.tensors("optimizer", moments, pool)
    folder.text("trainer-state.json", {
        "step": 1000, "tokens": 1000000, "seed": 1, "threads": 2, "dataFingerprint": "none",
        "tokenizerFingerprint": "none", "initialWidths": {"hiddenSize": HIDDEN, "innerSize": INNER},
        "settings": {}, "expansions": [],
    })
    manifest = {"format": "sparkling-checkpoint", "version": 3, "step": 1000, "tokens": 1000000, "files": folder.files}
    (folder.path / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(sum(file["size"] for file in folder.files.values()))


if __name__ == "__main__":
    main(*sys.argv[1:])
