#!/usr/bin/env python3
"""Creates the fixtures of the trainer's tests: results of Hugging Face and PyTorch.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python make_fixtures.py ../../trainer/src/test/resources/huggingface

For a dense and a mixture-of-experts model: the model as written by `save_pretrained`, the logits of
one batch, losses and weights of 20 AdamW steps with a warm-up, losses and gradient norms of 200
steps with clipping and, for experts, the router's losses, and losses of 20 steps of Muon. For
matrices of several shapes: weights and momenta of 3 steps of Muon on given gradients. The fixtures
are committed, because the Java tests run without Python. The seed is fixed, but random weights
differ between versions of PyTorch.
"""

import json
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import Qwen3Config, Qwen3ForCausalLM, Qwen3MoeConfig, Qwen3MoeForCausalLM
from transformers.models.qwen3_moe.modeling_qwen3_moe import load_balancing_loss_func

STEPS, LONG_STEPS, MUON_STEPS, BATCH, LENGTH = 20, 200, 3, 4, 16
PEAK, WARMUP, FINAL_RATIO = 1e-2, 4, 0.1
LONG_PEAK, LARGEST_NORM, BALANCING, Z = 2e-3, 2.0, 0.02, 0.003
BETAS, EPS, WEIGHT_DECAY, MOMENTUM = (0.9, 0.95), 1e-8, 0.1, 0.95

SHARED = dict(
    vocab_size=96,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=12,  # not hidden_size / num_attention_heads
    max_position_embeddings=LENGTH,
    rope_theta=10000.0,
    rms_norm_eps=1e-6,
    attention_bias=False,
    use_cache=False,
    attn_implementation="eager",
)


def models():
    yield "dense-untied", Qwen3ForCausalLM(
        Qwen3Config(intermediate_size=40, tie_word_embeddings=False, **SHARED)
    )
    yield "moe-tied", Qwen3MoeForCausalLM(
        Qwen3MoeConfig(
            intermediate_size=24,
            moe_intermediate_size=24,
            num_experts=6,
            num_experts_per_tok=2,
            norm_topk_prob=True,
            tie_word_embeddings=True,
            output_router_logits=False,
            experts_implementation="eager",
            **SHARED,
        )
    )


def rate(step, steps=STEPS, peak=PEAK):
    """Returns the rate: linear to the peak over WARMUP steps, then cosine to FINAL_RATIO of it; steps count from 1."""
    if step <= WARMUP:
        return peak * step / WARMUP
    progress = (step - WARMUP) / (steps - WARMUP)
    low = peak * FINAL_RATIO
    return low + (peak - low) * 0.5 * (1 + math.cos(math.pi * progress))


def learnable_tokens(steps=STEPS):
    """Returns tokens of which nine in ten are a function of the previous one, so that the loss falls."""
    vocabulary = SHARED["vocab_size"]
    tokens = torch.randint(0, vocabulary, (steps, BATCH, LENGTH + 1))
    for i in range(1, LENGTH + 1):
        follows = torch.rand(steps, BATCH) < 0.9
        tokens[..., i] = torch.where(follows, (5 * tokens[..., i - 1] + 7) % vocabulary, tokens[..., i])
    return tokens


def loss_of(model, tokens):
    logits = model(input_ids=tokens[:, :-1]).logits
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


def router_loss(model, inputs):
    """Returns the routers' losses by Hugging Face's function, called for each layer: the mean over layers,
    divided by expertsPerToken because Hugging Face counts choices per token."""
    config = model.config
    balancing, z = 0, 0
    for layer, x in zip(model.model.layers, inputs):
        logits = torch.nn.functional.linear(x.flatten(0, -2), layer.mlp.gate.weight)
        top_k = config.num_experts_per_tok
        balancing += load_balancing_loss_func((logits,), config.num_experts, top_k) / top_k
        z += torch.logsumexp(logits, -1).square().mean()
    return (BALANCING * balancing + Z * z) / len(inputs)


def make_long(name, model, target):
    """Runs 200 steps of one micro-batch each, with clipping and, for experts, the router's losses."""
    torch.manual_seed(20260203)
    tokens = learnable_tokens(LONG_STEPS)
    inputs = []
    if name.startswith("moe"):
        for layer in model.model.layers:
            layer.mlp.gate.register_forward_hook(lambda _, arguments, __: inputs.append(arguments[0]))
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=LONG_PEAK, betas=BETAS, eps=EPS, weight_decay=WEIGHT_DECAY
    )
    losses, norms = [], []
    for step in range(1, LONG_STEPS + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate(step, LONG_STEPS, LONG_PEAK)
        optimizer.zero_grad()
        inputs.clear()
        loss = loss_of(model, tokens[step - 1])
        total = loss + router_loss(model, inputs) if inputs else loss
        total.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), LARGEST_NORM).item())
        optimizer.step()
        losses.append(loss.item())
    save_file(
        {
            "tokens": tokens.to(torch.int32),
            "losses": torch.tensor(losses, dtype=torch.float32),
            "norms": torch.tensor(norms, dtype=torch.float32),
            "rates": torch.tensor(
                [rate(s, LONG_STEPS, LONG_PEAK) for s in range(1, LONG_STEPS + 1)], dtype=torch.float64
            ),
        },
        target / "long.safetensors",
    )
    clipped = sum(norm > LARGEST_NORM for norm in norms)
    print(f"{name}: {LONG_STEPS} steps, loss {losses[0]:.4f} -> {losses[-1]:.4f}, {clipped} clipped")


def orthogonalize(update):
    """Runs five Newton-Schulz steps, as in torch/optim/_muon.py of PyTorch 2.9, in fp32."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = update.T if update.size(0) > update.size(1) else update
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(5):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if update.size(0) > update.size(1) else x


def muon_step(part, gradient, buffer, step_rate):
    """Updates a matrix in place as in PyTorch 2.9, because 2.7 has no Muon."""
    buffer.lerp_(gradient, 1 - MOMENTUM)
    update = orthogonalize(gradient.lerp(buffer, MOMENTUM))
    part.mul_(1 - step_rate * WEIGHT_DECAY)
    part.add_(update, alpha=-step_rate * 0.2 * math.sqrt(max(part.shape)))


def make_muon_steps(folder):
    """Runs 3 steps on given gradients: a wide, a tall and a square matrix, a row, and one of rank 1."""
    random = torch.Generator().manual_seed(20260205)
    shapes = {"wide": (5, 12), "tall": (14, 6), "square": (8, 8), "row": (1, 7), "rank-one": (6, 9)}
    kept = {}
    for name, (rows, columns) in shapes.items():
        part = torch.randn(rows, columns, generator=random)
        buffer = torch.zeros_like(part)
        kept[f"{name}.before"] = part.clone()
        left, right = torch.randn(rows, 1, generator=random), torch.randn(1, columns, generator=random)
        for step in range(1, MUON_STEPS + 1):
            gradient = torch.randn(rows, columns, generator=random)
            if name == "rank-one":
                gradient = step * left @ right
            kept[f"{name}.gradient.{step}"] = gradient
            muon_step(part, gradient, buffer, PEAK)
            kept[f"{name}.weight.{step}"] = part.clone()
            kept[f"{name}.momentum.{step}"] = buffer.clone()
    save_file(kept, folder / "muon-steps.safetensors")


def make_muon(model, target):
    """Runs 20 steps with Muon on each matrix inside layers and AdamW on the rest."""
    torch.manual_seed(20260204)
    tokens = learnable_tokens()
    matrices, rest = [], []
    for key, parameter in model.named_parameters():
        if ".layers." not in key or parameter.dim() == 1:
            rest.append(parameter)
        elif parameter.dim() == 2:
            matrices.append((parameter, [parameter.data], lambda p: [p.grad]))
        elif "gate_up" in key:  # [E, 2I, H]: gate and up of each expert are separate matrices
            halves = lambda t: [half for expert in t for half in expert.chunk(2)]
            matrices.append((parameter, halves(parameter.data), lambda p, of=halves: of(p.grad)))
        else:
            matrices.append((parameter, list(parameter.data), lambda p: list(p.grad)))
    buffers = [[torch.zeros_like(part) for part in parts] for _, parts, _ in matrices]
    optimizer = torch.optim.AdamW(rest, lr=PEAK, betas=BETAS, eps=EPS, weight_decay=WEIGHT_DECAY)
    losses = []
    for step in range(1, STEPS + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        model.zero_grad()
        loss = loss_of(model, tokens[step - 1])
        loss.backward()
        with torch.no_grad():
            for (parameter, parts, gradients), kept in zip(matrices, buffers):
                for part, gradient, buffer in zip(parts, gradients(parameter), kept):
                    muon_step(part, gradient, buffer, rate(step))
        optimizer.step()
        losses.append(loss.item())
    save_file(
        {"tokens": tokens.to(torch.int32), "losses": torch.tensor(losses, dtype=torch.float32)},
        target / "muon.safetensors",
    )
    print(f"{target.name}: {STEPS} steps of Muon, loss {losses[0]:.4f} -> {losses[-1]:.4f}")


def make(name, model, folder):
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            # Larger than Hugging Face's 0.02, and norms different from 1, so that errors show.
            if parameter.dim() == 1:
                parameter.add_(0.2 * torch.randn_like(parameter))
            else:
                parameter.mul_(5)
    model.save_pretrained(target)
    (target / "generation_config.json").unlink(missing_ok=True)

    tokens = learnable_tokens()
    with torch.no_grad():
        logits = model(input_ids=tokens[0, :, :-1]).logits
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=PEAK, betas=BETAS, eps=EPS, weight_decay=WEIGHT_DECAY
    )
    losses = []
    for step in range(1, STEPS + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        optimizer.zero_grad()
        loss = loss_of(model, tokens[step - 1])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    save_file(
        {
            "tokens": tokens.to(torch.int32),
            "logits": logits.contiguous(),
            "losses": torch.tensor(losses, dtype=torch.float32),
            "rates": torch.tensor([rate(s) for s in range(1, STEPS + 1)], dtype=torch.float64),
        },
        target / "expected.safetensors",
    )
    trained = target / "trained"
    model.save_pretrained(trained)
    (trained / "generation_config.json").unlink(missing_ok=True)
    print(f"{name}: loss {losses[0]:.4f} -> {losses[-1]:.4f}")
    with torch.random.fork_rng():
        again = type(model).from_pretrained(target, attn_implementation="eager")
        make_long(name, again.train(), target)
        again = type(model).from_pretrained(target, attn_implementation="eager")
        make_muon(again.train(), target)


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(20260202)
    for name, model in models():
        make(name, model.train(), folder)
    make_muon_steps(folder)


if __name__ == "__main__":
    main()
