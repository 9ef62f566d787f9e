#!/usr/bin/env python3
"""Made tokenizer.json: a byte-level byte-pair tokenizer of 2,048 tokens, trained on the recipe's text.

    pip install tokenizers==0.23.3
    python make_tokenizer.py PREPARED/*-sources.jar

The jars are those of recipe.yaml, in its order (Maven keeps them in its local repository).
"""

import re
import sys
import zipfile

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

VOCABULARY = 2048
LICENSE = re.compile(r"\A(\s*(/\*.*?\*/|//[^\n]*\n))+(?=\s*package\s)", re.DOTALL)

# Words with the blank before them, single digits, runs of signs, line ends with the indentation after.
PIECES = Regex(r"\n\s*| ?[A-Za-z_]+| ?\d| ?[^\sA-Za-z_\d]+|\s+")


def texts(jars):
    for jar in jars:
        with zipfile.ZipFile(jar) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".java"):
                    text = archive.read(name).decode("utf-8", "replace").replace("\r\n", "\n")
                    yield LICENSE.sub("", text)


def main():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(PIECES, "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(sys.argv[1:]), trainer)
    tokenizer.save("tokenizer.json")


if __name__ == "__main__":
    main()
