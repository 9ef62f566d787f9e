#!/usr/bin/env python3
"""Compares the logits that transformers computes from an exported folder and from the folder that it was widened from.

    check_export.py NARROW EXPORTED: exits with 1 if a key is missing or logits differ by more than 1e-5

For function-preserving expansions: copy-copy at an integer ratio.
"""

import sys

import torch
from transformers import AutoModelForCausalLM


def load(folder):
    model, told = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    problems = {key: value for key, value in told.items() if value}
    if problems:
        sys.exit(f"{folder}: {problems}")
    return model.eval()


def main(narrow, exported):
    before, after = load(narrow), load(exported)
    tokens = torch.randint(before.config.vocab_size, (4, 16), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        difference = (before(tokens).logits - after(tokens).logits).abs().max().item()
    print(f"{exported}: hidden {before.config.hidden_size} to {after.config.hidden_size}, logits differ by at most {difference:.2e}")
    sys.exit(difference > 1e-5)


if __name__ == "__main__":
    main(*sys.argv[1:])
