#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/team.h"
#include "precision/dtype.h"
#include "tensor/weight_source.h"

namespace tenon::conversion {

/// Tensors whose name contains `part` get `dtype`; the last rule that matches decides.
struct TypeRule {
  std::string part;
  DType dtype;
};

struct QuantizeOptions {
  DType dtype = DType::Q4_K;             // of weight matrices; one that precision::can_quantize()
  std::optional<DType> output_dtype;     // output.weight, or token_embd.weight where it is both;
                                         // default: Q6_K for the block types but Q8_0
  std::optional<DType> embedding_dtype;  // token_embd.weight where the model has an output.weight
  std::vector<TypeRule> rules;           // for matrices; stronger than the three above
  bool is_pure = false;                  // no other type for the output
};

/// Why a tensor gets its type.
enum class TypeReason : std::uint8_t {
  Asked,      // the type asked for
  Rule,       // QuantizeOptions::rules
  Output,     // the last matrix decides the logits: more bits
  Embedding,  // QuantizeOptions::embedding_dtype
  Fallback,  // a row is no multiple of the block: Q2_K, Q3_K → IQ4_NL, Q4_K → Q5_0, Q5_K → Q5_1,
             // Q6_K → Q8_0, others → F16
  Vector,  // vectors, norms and scalars stay float32: they are small and every number counts
  Kept,    // as it is: integers, routers, position tables, convolutions of state-space models
};
/// "asked", "rule", "output", ...
std::string_view type_reason_name(TypeReason reason);

struct TensorPlan {
  std::string name;
  Shape shape;
  DType from = DType::F32;
  DType to = DType::F32;
  TypeReason reason = TypeReason::Asked;
};

/// What becomes of each tensor, in the order of the source: the rules of llama.cpp's quantize for
/// models of one type (its mixtures _M and _L are not among them). Throws Error(Usage) for a type
/// that cannot be written.
std::vector<TensorPlan> plan_quantization(const WeightSource& source,
                                          const QuantizeOptions& options);

/// How far the stored numbers are from those of the source (dequantised, where it is quantised).
struct TensorReport {
  TensorPlan plan;
  std::uint64_t elements = 0;
  std::uint64_t source_bytes = 0;
  std::uint64_t bytes = 0;
  double rms_error = 0;
  double max_error = 0;
  double relative_rms_error = 0;  // rms_error over the rms of the source; 0 where that is 0
};

/// Takes the bytes of the tensors in the order of the plan, each in one or more pieces.
using TensorSink = std::function<void(const TensorPlan&, std::span<const std::byte>)>;

/// Converts the tensors of a plan one after another, rows in parallel; a tensor whose type stays is
/// copied. Bytes and reports do not depend on the size of the team. Memory: pieces of about 32 MiB.
/// Throws Error(Input) naming tensor and row for NaN, infinity and numbers beyond the type. `done`
/// hears of each finished tensor.
std::vector<TensorReport> quantize_tensors(
    const WeightSource& source, std::span<const TensorPlan> plan, const TensorSink& sink,
    Team& team, const std::function<void(const TensorReport&)>& done = {});

}  // namespace tenon::conversion
