"""Asks a running proxy (`fgam serve`, `serveProxy`) with OpenAI's own Python client and says what it replied.

    pip install openai==3.22.1
    python tools/check-proxy.py http://127.0.0.1:8080/v1 [--model MODEL] [--image PICTURE] [--question TEXT]

It starts nothing. A key is taken from OPENAI_API_KEY. Asked are the models, one answer about a picture (one pixel
where none is given), the same as a stream with its usage, the same with the loop's controls (all of them, and, where
that took a round, a budget of one token), and three requests that are refused. Exit code 1 at the first reply that is
not of OpenAI's form, or has no report of the proxy, more rounds than were asked for, or no trajectory.
"""

import argparse
import base64
import json
import mimetypes
import os
import sys
from pathlib import Path

import openai

PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs="
REFUSALS = {400: openai.BadRequestError, 404: openai.NotFoundError}


def expect(holds, wanted, got):
    """Ends the check with what was wanted and what came instead."""
    if not holds:
        sys.exit(f"expected {wanted}, got {got!r}")


def tell(about, value):
    print(f"{about}: {json.dumps(value, ensure_ascii=False)}")


def data_uri(path):
    kind = mimetypes.guess_type(path)[0] or "image/png"
    return f"data:{kind};base64,{base64.b64encode(Path(path).read_bytes()).decode()}"


def check_report(fgam):
    """Of the rounds, or of why there were none."""
    told = fgam if isinstance(fgam, dict) else {}
    expect("unrectified" in told or {"id", "stop", "rounds"} <= told.keys(), "a report of the proxy", fgam)


def report_of(reply):
    fgam = (reply.model_extra or {}).get("fgam")
    check_report(fgam)
    return fgam


def check_usage(usage):
    expect(usage is not None, "usage", usage)
    expect(usage.total_tokens == usage.prompt_tokens + usage.completion_tokens, "a total that is the sum", usage)


def check_models(client):
    models = [model.id for model in client.models.list().data]
    expect(len(models) > 0, "a model", models)
    tell("models", models)
    return models


def check_answer(client, request):
    reply = client.chat.completions.create(**request)
    expect(reply.object == "chat.completion" and len(reply.choices) == 1, "one choice", reply.to_dict())
    [choice] = reply.choices
    expect(choice.message.role == "assistant" and choice.message.content, "an answer", choice.to_dict())
    expect(choice.finish_reason is not None, "a finish reason", choice.to_dict())
    report = report_of(reply)
    if reply.usage is not None:
        check_usage(reply.usage)
    tell("answer", choice.message.content)
    tell("its report", report)
    tell("its usage", reply.usage and reply.usage.to_dict())
    return reply.usage is not None


def check_stream(client, request, has_usage):
    chunks = list(client.chat.completions.create(**request, stream=True, stream_options={"include_usage": True}))
    expect(len({chunk.id for chunk in chunks}) == 1, "chunks of one id", [chunk.id for chunk in chunks])
    ends = [chunk for chunk in chunks if chunk.choices and chunk.choices[0].finish_reason is not None]
    expect(len(ends) == 1, "one chunk that ends the answer", [chunk.to_dict() for chunk in ends])
    check_report((ends[0].model_extra or {}).get("fgam"))
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    expect("".join(pieces) != "", "an answer", pieces)
    if has_usage:
        expect(chunks[-1].choices == [], "a last chunk without choices", chunks[-1].to_dict())
        check_usage(chunks[-1].usage)
    tell("stream", [piece for piece in pieces if piece])
    tell("its usage", chunks[-1].usage and chunks[-1].usage.to_dict())


def check_controls(client, request, has_usage):
    """The loop as a request asks for it: its trajectory, and none of the rounds that its budget has no room for."""
    whole = {"rounds": 2, "while_sure": 0.5, "decide": True, "budget_tokens": 1000, "trajectory": True}
    fgam = report_of(client.chat.completions.create(**request, extra_body={"fgam": whole}))
    tell("its report with controls", fgam)
    if "unrectified" in fgam:
        return
    expect(fgam["rounds"] <= 2, "at most two rounds", fgam)
    expect("trajectory" in fgam, "the trajectory", fgam)
    if fgam["rounds"] == 0 or not has_usage:
        return
    fgam = report_of(client.chat.completions.create(**request, extra_body={"fgam": {"budget_tokens": 1}}))
    tell("its report with a budget of one token", fgam)
    expect((fgam.get("rounds"), fgam.get("stop")) == (0, "budget"), "a stop at the budget before the first round", fgam)


def check_refusal(status, ask):
    try:
        ask()
    except openai.APIStatusError as error:
        expect(isinstance(error, REFUSALS[status]), REFUSALS[status].__name__, error)
        body = error.body if isinstance(error.body, dict) else {}
        expect({"message", "type", "param", "code"} <= body.keys(), "an error in OpenAI's form", error.body)
        tell(f"refused with {status}", body)
    else:
        sys.exit(f"expected a refusal with {status}, got an answer")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("base_url")
    options.add_argument("--model")
    options.add_argument("--image")
    options.add_argument("--question", default="is there a cat ?")
    given = options.parse_args()
    key = os.environ.get("OPENAI_API_KEY", "any")
    client = openai.OpenAI(base_url=given.base_url, api_key=key, max_retries=0)
    models = check_models(client)
    url = data_uri(given.image) if given.image else PIXEL
    content = [
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": given.question},
    ]
    model = given.model or models[0]
    request = {"model": model, "messages": [{"role": "user", "content": content}]}
    has_usage = check_answer(client, request)
    check_stream(client, request, has_usage)
    check_controls(client, request, has_usage)
    check_refusal(400, lambda: client.chat.completions.create(model=model, messages=[]))
    check_refusal(400, lambda: client.chat.completions.create(**request, extra_body={"fgam": {"while_sure": 2}}))
    check_refusal(404, lambda: client.get("/no-such-path", cast_to=object))
    print(f"openai {openai.__version__}: all replies are of OpenAI's form")


main()
