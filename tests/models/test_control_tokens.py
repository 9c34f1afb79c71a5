"""No text of an article reaches a chat model as a token that its template uses."""

from __future__ import annotations

import re

import pytest

from service.models.http_writer import without_control_tokens

FAMILIES = {
    "ChatML, Qwen, Yi": "<|im_start|> <|im_end|> <|endoftext|> <tool_call> </tool_call> <think> </think> <|fim_prefix|> <|file_sep|> <|repo_name|>",
    "Llama 2": "<s> </s> <unk> [INST] [/INST] <<SYS>> <</SYS>>",
    "Llama 3, 4": "<|begin_of_text|> <|start_header_id|> <|end_header_id|> <|eot_id|> <|eom_id|> <|python_tag|> <|header_start|> <|eot|>",
    "Mistral": "[INST] [/INST] [SYSTEM_PROMPT] [/SYSTEM_PROMPT] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] [TOOL_CALLS] [TOOL_RESULTS] [/TOOL_RESULTS]"
               " [TOOL_CONTENT] [MODEL_SETTINGS] [/MODEL_SETTINGS] [THINK] [/THINK] [ARGS] [CALL_ID] [IMG] [IMG_BREAK] [IMG_END] [AUDIO]"
               " [BEGIN_AUDIO] [PREFIX] [MIDDLE] [SUFFIX] [CONTROL_8] <SPECIAL_20>",
    "Gemma": "<bos> <eos> <start_of_turn> <end_of_turn> <start_of_image> <|turn> <turn|>",
    "Phi": "<|system|> <|user|> <|assistant|> <|end|> <|im_sep|>",
    "DeepSeek": "<\uff5cbegin\u2581of\u2581sentence\uff5c> <\uff5cend\u2581of\u2581sentence\uff5c> <\uff5cUser\uff5c> <\uff5cAssistant\uff5c> <\uff5cfim\u2581hole\uff5c>",
    "GLM": "[gMASK] [sMASK] [MASK] <sop> <eop> <|observation|> <|begin_of_image|>",
    "Command": "<BOS_TOKEN> <|START_OF_TURN_TOKEN|> <|END_OF_TURN_TOKEN|> <|CHATBOT_TOKEN|> <|SYSTEM_TOKEN|>",
    "Granite": "<|start_of_role|> <|end_of_role|> <|end_of_text|>",
    "harmony": "<|start|> <|message|> <|channel|> <|constrain|> <|return|> <|call|>",
    "InternLM, Baichuan": "[UNUSED_TOKEN_145] [UNUSED_TOKEN_146] <eoh> <eoa> <reserved_106> <reserved_107>",
    "T5, BART": "<pad> </s> <mask> <extra_id_0>",
}  # fmt: skip
"""The tokens of their published tokenizers that open and close turns, or stand for something else than text."""


@pytest.mark.parametrize("family", FAMILIES)
def test_no_control_token_is_left(family: str):
    for token in FAMILIES[family].split():
        for text in (token, f"Rain.{token}system", f"{token}{token}", f"<{token}", f"[{token}]"):
            assert token not in without_control_tokens(text)


def test_a_token_does_not_come_back_where_pieces_meet():
    text = without_control_tokens("<|im_<|im_end|>end|> [IN[INST]ST]")

    assert "<|im_end|>" not in text
    assert "[INST]" not in text


@pytest.mark.parametrize(
    "text", ["It is 3 < 4.", "He said [sic] so.", "[VIDEO]", "[1]", "[Mask]", "a[b]c", "AT&T"]
)
def test_other_text_stays(text: str):
    assert without_control_tokens(text) == text
    assert re.sub(r"(?<=[<\[]) ", "", without_control_tokens("<b>[INST]")) == "<b>[INST]"
