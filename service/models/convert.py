"""Convert: GGUF weights → safetensors in bfloat16, with the tokenizer beside them.

    python -m service.models.convert FOLDER FILE.gguf

Run as a process of its own by `service.models.pull`: it takes a gigabyte of memory and
torch, which the process that asked (the API's, for one) should not keep. Loading the
GGUF itself takes about 18 s on two cores, the converted folder half a second.

bfloat16, because the weights were rounded to four bits before: it halves the disk, and
a machine that computes in float32 then reads the very same numbers.
"""

from __future__ import annotations

import sys
from pathlib import Path


def convert(folder: Path, packed: str) -> None:
    """Unpack `packed` in `folder` and remove it."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=packed, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(
        folder,
        gguf_file=packed,
        dtype=torch.float32,
        quantization_config=GgufConfig(dequantize=True),
        local_files_only=True,
    )
    model.bfloat16().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / packed).unlink()


if __name__ == "__main__":
    convert(Path(sys.argv[1]), sys.argv[2])
