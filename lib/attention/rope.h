#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tenon::attention {

/// Rotary position embedding (Su et al. 2021, arXiv:2104.09864) and its stretchings.
struct RopeConfig {
  enum class Pairing {
    Interleaved,  // dimensions 2i and 2i+1 turn together: GGUF files of the llama family
    Halves,       // dimensions i and i + n/2: qwen2, qwen3, Hugging Face order
  };
  enum class Scaling { None, Linear, Yarn };

  Pairing pairing = Pairing::Interleaved;
  std::int64_t dimensions = 0;        // of head_dim, the first ones; {arch}.rope.dimension_count
  double base = 10000.0;              // {arch}.rope.freq_base
  Scaling scaling = Scaling::None;    // {arch}.rope.scaling.type
  double factor = 1.0;                // {arch}.rope.scaling.factor
  std::int64_t original_context = 0;  // {arch}.rope.scaling.original_context_length
  double attention_factor = 1.0;      // {arch}.rope.scaling.attn_factor
  double yarn_beta_fast = 32.0;
  double yarn_beta_slow = 1.0;
  // Llama 3.1 ships per-frequency divisors as the tensor rope_freqs; read from the weights.
};

/// Turns pair i of a head by position * frequency[i], frequency[i] = base^(-2i / dimensions).
///
/// Linear divides every frequency by `factor` (Chen et al. 2023, arXiv:2306.15595). Yarn divides
/// the slow ones only, with a ramp between, and multiplies the result by 0.1 ln(factor) + 1 (Peng
/// et al. 2023, arXiv:2309.00071, section 3; the ramp's ends are rounded outwards to whole
/// dimensions, as all published implementations do). `divisors` [dimensions / 2] divide each
/// frequency first (Llama 3.1); empty: none. attention_factor multiplies the result in every mode.
///
/// Angles are computed in double for each position, so that far positions are as exact as near
/// ones. Throws Error(Input) for an odd or negative `dimensions`, a base or factor that is not
/// positive, a Yarn without original_context, divisors of another count or not positive.
class RotaryEmbedding {
 public:
  explicit RotaryEmbedding(const RopeConfig& config, std::span<const float> divisors = {});

  std::int64_t dimensions() const { return 2 * static_cast<std::int64_t>(frequencies_.size()); }
  /// Radians a position turns each pair.
  std::span<const double> frequencies() const { return frequencies_; }

  /// Cosines, then sines, of all pairs at `position`, both multiplied by the attention factor:
  /// table [dimensions].
  void fill_table(std::int64_t position, std::span<float> table) const;

  /// Turns the first `dimensions` numbers of each of `heads` heads in place; values [heads,
  /// head_dim].
  void rotate(std::span<const float> table, std::int64_t heads, std::int64_t head_dim,
              float* values) const;

 private:
  RopeConfig::Pairing pairing_;
  double magnitude_ = 1.0;
  std::vector<double> frequencies_;
};

}  // namespace tenon::attention
