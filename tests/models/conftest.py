"""Tiny models, randomly initialised and saved to disk in the hub's own layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WORDS = "talks resumed in moscow on tuesday envoy said the a of and to user assistant system . 0 1 yes no".split()


def save_tokenizer(folder: Path, *, chat: bool) -> int:
    """A word-level tokenizer with the usual special tokens; its size."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "</s>", "<unk>", "<|im_start|>", "<|im_end|>", "[CLS]", "[SEP]"]
    vocabulary = {word: k for k, word in enumerate([*special, *WORDS])}
    plain = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    plain.pre_tokenizer = pre_tokenizers.Whitespace()  # type: ignore[assignment]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=plain, pad_token="<pad>", eos_token="</s>", unk_token="<unk>",
        additional_special_tokens=["<|im_start|>", "<|im_end|>"], model_max_length=256,
    )  # fmt: skip
    if chat:
        tokenizer.chat_template = CHAT
    tokenizer.save_pretrained(folder)
    return len(vocabulary)


def causal(folder: Path, *, chat: bool = True) -> Path:
    from transformers import LlamaConfig, LlamaForCausalLM

    size = save_tokenizer(folder, chat=chat)
    config = LlamaConfig(
        vocab_size=size, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=256,
        pad_token_id=0, eos_token_id=1, bos_token_id=1,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def sequence_to_sequence(folder: Path) -> Path:
    from transformers import BartConfig, BartForConditionalGeneration

    size = save_tokenizer(folder, chat=False)
    config = BartConfig(
        vocab_size=size, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64,
        max_position_embeddings=256, pad_token_id=0, eos_token_id=1, bos_token_id=1,
        decoder_start_token_id=1, forced_eos_token_id=1,
    )  # fmt: skip
    BartForConditionalGeneration(config).save_pretrained(folder)
    return folder


def encoder(folder: Path) -> Path:
    from transformers import BertConfig, BertModel

    size = save_tokenizer(folder, chat=False)
    config = BertConfig(
        vocab_size=size, hidden_size=32, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, max_position_embeddings=256, pad_token_id=0,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Kind → the folder of a tiny model, made on first use."""
    import torch

    makers = {
        "causal": causal,
        "no-template": lambda folder: causal(folder, chat=False),
        "sequence-to-sequence": sequence_to_sequence,
        "encoder": encoder,
    }
    made: dict[str, Path] = {}

    def get(kind: str) -> Path:
        if kind not in made:
            torch.manual_seed(7)
            made[kind] = makers[kind](tmp_path_factory.mktemp(kind))
        return made[kind]

    return get
