#!/usr/bin/env python3
"""Creates the fixture of the expander's tests: a small Llama, widened by apple/ml-hypercloning.

    make_hypercloning_fixture.py CHECKOUT ../../expander/src/test/resources/hypercloning

CHECKOUT is a clone of github.com/apple/ml-hypercloning at 7c4e80b. Inner width 2x, no noise.
"""

import pathlib
import sys
import types

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaAttention


def main(checkout, output):
    # The package imports every model family, and OLMo's needs another library.
    package = types.ModuleType("hypercloning")
    package.__path__ = [str(pathlib.Path(checkout) / "hypercloning")]
    sys.modules["hypercloning"] = package
    from hypercloning.llama_cloning import clone_llama

    # The package reads attributes that attention layers had until transformers 4.48.
    LlamaAttention.num_heads = property(lambda layer: layer.config.num_attention_heads)
    LlamaAttention.num_key_value_heads = property(lambda layer: layer.config.num_key_value_heads)

    torch.manual_seed(1)
    narrow = LlamaForCausalLM(LlamaConfig(
        vocab_size=11, hidden_size=16, intermediate_size=12, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, tie_word_embeddings=False))
    wide = clone_llama(narrow, embedding_dim_multiplier=1, up_project_multiplier=2)
    folder = pathlib.Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in (("narrow", narrow), ("wide", wide)):
        save_file({key: value.contiguous() for key, value in model.state_dict().items()}, folder / f"{name}.safetensors")


if __name__ == "__main__":
    main(*sys.argv[1:])
