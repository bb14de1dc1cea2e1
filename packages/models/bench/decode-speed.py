"""The peer of decode-speed.ts: a random LLaVA in the layout of the Hugging Face hub, and transformers over it.

    python packages/models/bench/decode-speed.py make FOLDER     # writes the checkpoint
    python packages/models/bench/decode-speed.py serve FOLDER 2    # threads; a line of JSON a request: {"prompt", "image", "maxTokens"}; answers in lines too
"""

import importlib.util
import json
import sys
import time
from pathlib import Path

# Images are prepared with Pillow, as tools/make-tiny-checkpoints.py has it.
_find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "torchvision" else _find_spec(name, *rest)

import torch  # noqa: E402
from PIL import Image  # noqa: E402
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors  # noqa: E402
from transformers import (  # noqa: E402
    CLIPVisionConfig,
    GenerationConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil  # noqa: E402

VOCABULARY = 32000


def tokenizer():
    """A token a letter and as many others as LLaMA's vocabulary has."""
    first = ["<unk>", "<s>", "</s>", "<pad>", "<image>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *map(chr, range(33, 127))]
    names = [*first, *(f"▁piece{i}" for i in range(VOCABULARY - len(first)))]
    vocabulary = {name: index for index, name in enumerate(names)}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>", byte_fallback=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    made.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in first[:5]])
    return PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="<pad>", clean_up_tokenization_spaces=False
    )


def make(folder):
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(
            hidden_size=128, intermediate_size=256, num_hidden_layers=3, num_attention_heads=4, image_size=112, patch_size=14, projection_dim=128
        ),
        text_config=LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=768,
            intermediate_size=2048,
            num_hidden_layers=12,
            num_attention_heads=12,
            num_key_value_heads=12,
            max_position_embeddings=2048,
            bos_token_id=1,
            eos_token_id=2,
            tie_word_embeddings=True,
        ),
        image_token_index=4,
        image_seq_length=64,
        pad_token_id=3,
        tie_word_embeddings=True,
    )
    model = LlavaForConditionalGeneration(config)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if weight.dim() < 2:
                weight.copy_((1 if "norm" in name and name.endswith("weight") else 0) + 0.1 * noise)
            else:
                weight.copy_(noise * (0.1 if "embed" in name else weight[0].numel() ** -0.5))
    # No token ends an answer: all have the same length.
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=3)
    model.eval().save_pretrained(folder, max_shard_size="200MB")
    LlavaProcessor(
        image_processor=CLIPImageProcessorPil(size={"shortest_edge": 112}, crop_size={"height": 112, "width": 112}),
        tokenizer=tokenizer(),
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
    ).save_pretrained(folder)
    noise = torch.randint(0, 256, (112, 112, 3), generator=generator, dtype=torch.uint8)
    Image.fromarray(noise.numpy(), "RGB").save(Path(folder) / "image.png")


def memory():
    """Resident memory now and at its most, in MB."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {name: int(lines[key].split()[0]) / 1024 for name, key in (("resident", "VmRSS"), ("peak", "VmHWM"))}


def serve(folder, threads):
    torch.set_num_threads(int(threads))
    model = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    processor = LlavaProcessor.from_pretrained(folder)
    parameters = sum(weight.numel() for weight in model.parameters())
    print(json.dumps({"parameters": parameters, **memory()}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        inputs = processor(text=request["prompt"], images=[Image.open(request["image"])], return_tensors="pt")
        count = request["maxTokens"]
        started, before = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            out = model.generate(**inputs, max_new_tokens=count, min_new_tokens=count, do_sample=False)
        milliseconds = 1000 * (time.perf_counter() - started)
        processor_time = 1000 * (time.process_time() - before)
        said = out[0, inputs["input_ids"].shape[1] :].tolist()
        print(json.dumps({"milliseconds": milliseconds, "processor": processor_time, "tokens": said, **memory()}), flush=True)


if __name__ == "__main__":
    {"make": make, "serve": serve}[sys.argv[1]](*sys.argv[2:])
