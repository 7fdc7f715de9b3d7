#!/usr/bin/env bash
# Serves the vision-language model that judges and writes, as an OpenAI-compatible endpoint on PORT (default 8000).
#   MET_LLM_MODEL=Qwen/Qwen2.5-VL-7B-Instruct MET_LLM_REVISION=<commit> deploy/vllm.sh [more flags of vllm serve]
set -euo pipefail
: "${MET_LLM_MODEL:?name the model}"
: "${MET_LLM_REVISION:?pin its revision: it is part of the version of every row}"
export DO_NOT_TRACK=1 VLLM_NO_USAGE_STATS=1
# The fixed text of a prompt stands before the image, so prefix caching saves it; prompts fit into 4,096 tokens, and a
# row's image is sent at 448 px. Schemas are bounded, and white space in JSON would only cost tokens.
exec vllm serve "$MET_LLM_MODEL" --revision "$MET_LLM_REVISION" \
  --host "${HOST:-0.0.0.0}" --port "${PORT:-8000}" --served-model-name "$MET_LLM_MODEL" \
  --tensor-parallel-size "${GPUS:-1}" --max-model-len 4096 --max-num-seqs "${SEQUENCES:-256}" \
  --gpu-memory-utilization 0.92 --enable-prefix-caching \
  --limit-mm-per-prompt '{"image":4,"video":0}' --generation-config vllm \
  --structured-outputs-config '{"backend":"xgrammar","disable_any_whitespace":true}' "$@"
