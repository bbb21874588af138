#pragma once

#include <vector>

#include "attention/rope.h"
#include "feedforward/gated.h"
#include "feedforward/linear.h"
#include "models/language/llama.h"
#include "normalization/rms_norm.h"
#include "tensor/tensor.h"

namespace tenon::models {

/// One block: x += output . attention(norm x);  x += feed_forward(norm x).
struct LlamaLayer {
  normalization::RmsNorm attention_norm;
  feedforward::Linear query;  // [heads * head_dim, model_dim]
  feedforward::Linear key;    // [kv_heads * head_dim, model_dim]
  feedforward::Linear value;
  feedforward::Linear output;         // [model_dim, heads * head_dim]
  normalization::RmsNorm query_norm;  // per head (qwen3); absent elsewhere
  normalization::RmsNorm key_norm;
  normalization::RmsNorm ffn_norm;
  feedforward::Gated ffn;

  // What the matmuls that share an input want it to look like.
  feedforward::FormSet attention_forms;
  feedforward::FormSet output_forms;
  feedforward::FormSet gate_forms;
  feedforward::FormSet down_forms;
};

struct LlamaWeights {
  TensorView embedding;  // [vocab, model_dim], read a row at a time from where it lies
  std::vector<LlamaLayer> layers;
  normalization::RmsNorm final_norm;
  feedforward::Linear head;  // [vocab, model_dim]; the embedding where the file has none (tied)
  AlignedBuffer<float> rope_divisors;  // [rope pairs] (Llama 3.1); empty: none

  feedforward::FormSet head_forms;
  // Over all layers, by the length of the rows.
  feedforward::FormSet model_forms;
  feedforward::FormSet query_forms;
  feedforward::FormSet ffn_forms;
  std::int64_t parameters = 0;
  /// Bytes one pass of one row reads, with one row of logits.
  std::size_t bytes_read_per_pass = 0;
  ProductOperations row_operations;     // of every row of a pass
  ProductOperations wanted_operations;  // of a row with logits besides
  std::size_t bytes_owned = 0;  // by the prepared matrices
  double repack_seconds = 0.0;
};

/// Fills the members from `source`. `config` has been checked. Throws Error(Input) naming a missing
/// tensor, or one of the wrong shape with both shapes; Error(Unsupported) for a tensor that has no
/// place here.
LlamaWeights load_llama_weights(const LlamaConfig& config, const WeightSource& source,
                                const LoadOptions& options, Team& team);

}  // namespace tenon::models
