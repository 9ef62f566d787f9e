"""Widens a checkpoint with a plain script on PyTorch and safetensors: copy-copy, optimizer state [S, 0].

peer.py FROM TO HIDDEN INNER: reads a Sparkling checkpoint, checks its digests, and writes one with manifest and digests.
"""

import hashlib
import json
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file


def grown(name, shape, config, hidden, inner):
    """Returns the new shape: q, k, v, gate and up read the residual stream; o and down write it."""
    h, i = config["hidden_size"], config["moe_intermediate_size"]
    if len(shape) == 1:
        return [hidden if shape[0] == h and "_norm.weight" not in name.replace("layernorm", "") or name.startswith("model.norm") else shape[0]]
    if "embed_tokens" in name or "q_proj" in name or "k_proj" in name or "v_proj" in name or "mlp.gate.weight" in name:
        return [shape[0], hidden]
    if "o_proj" in name:
        return [hidden, shape[1]]
    if "down_proj" in name:
        return [hidden, inner]
    return [inner, hidden]


def factor(old, new):
    c = new / old - 1
    return (1 + 3 * c) ** -0.5 if c <= 1 else 1 / (1 + c)


def copied(tensor, shape):
    for axis, size in enumerate(shape):
        index = torch.arange(size) % tensor.shape[axis]
        tensor = tensor.index_select(axis, index)
    return tensor


def with_zeros(tensor, shape):
    wide = torch.zeros(shape, dtype=tensor.dtype)
    wide[tuple(slice(size) for size in tensor.shape)] = tensor
    return wide


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main(source, target, hidden, inner):
    source, target, hidden, inner = pathlib.Path(source), pathlib.Path(target), int(hidden), int(inner)
    target.mkdir(parents=True)
    config = json.loads((source / "config.json").read_text())
    manifest = json.loads((source / "manifest.json").read_text())
    files = {}
    for name, known in manifest["files"].items():
        if digest(source / name) != known["sha256"]:
            sys.exit(f"{name}: wrong digest")
        if not name.endswith(".safetensors"):
            continue
        wide = {}
        for key, tensor in load_file(source / name).items():
            weight = key.removesuffix("_sq").removesuffix(".exp_avg")
            shape = grown(weight, list(tensor.shape), config, hidden, inner)
            if weight != key:
                wide[key] = with_zeros(tensor, shape)
            else:
                wide[key] = copied(tensor, shape)
                if tensor.dim() == 2 and "embed_tokens" not in key:
                    wide[key] *= factor(tensor.shape[1], shape[1])
        save_file(wide, target / name, metadata={"format": "pt"})
        files[name] = {"size": (target / name).stat().st_size, "sha256": digest(target / name)}
    config["hidden_size"], config["moe_intermediate_size"] = hidden, inner
    (target / "config.json").write_text(json.dumps(config, indent=2))
    (target / "manifest.json").write_text(json.dumps({**manifest, "files": files}, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
