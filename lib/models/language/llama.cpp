#include "models/language/llama.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "models/language/batch_plan.h"
#include "models/language/llama_pass.h"
#include "models/language/llama_weights.h"

namespace tenon::models {

namespace {

// Longer batches are cut into passes of so many rows, which bounds the buffers; by then the weights
// are read so seldom that longer ones would save nothing.
constexpr std::ptrdiff_t kPassRows = 256;

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorKind::Input, message);
}

void check_size(std::int64_t value, const char* name) {
  constexpr std::int64_t kMax = std::int64_t{1} << 31;  // products of two fit 64 bits
  if (value <= 0 || value >= kMax)
    refuse(std::string("the ") + name + " of the model is " + std::to_string(value) +
           ", it must be positive and below 2^31");
}

void check_config(const LlamaConfig& config) {
  check_size(config.vocab, "vocabulary");
  check_size(config.model_dim, "width");
  check_size(config.ffn_dim, "feed-forward width");
  check_size(config.layers, "number of layers");
  check_size(config.heads, "number of heads");
  check_size(config.kv_heads, "number of key-value heads");
  check_size(config.head_dim, "head size");
  if (config.heads % config.kv_heads != 0)
    refuse(std::to_string(config.heads) + " heads cannot share " + std::to_string(config.kv_heads) +
           " key-value heads evenly");
  if (!(config.rms_epsilon >= 0.0f) || !std::isfinite(config.rms_epsilon))
    refuse("the epsilon of the norms is " + std::to_string(config.rms_epsilon) +
           ", it must not be negative");
  if (config.sliding_window < 0)
    refuse("the sliding window is " + std::to_string(config.sliding_window) +
           ", it must not be negative");
  if (config.rope.dimensions > config.head_dim)
    refuse("rope turns " + std::to_string(config.rope.dimensions) + " dimensions of heads of " +
           std::to_string(config.head_dim));
}

// Settings that follow from others where the file leaves them out.
LlamaConfig completed(LlamaConfig config) {
  if (config.head_dim == 0 && config.heads > 0 && config.model_dim % config.heads == 0)
    config.head_dim = static_cast<int>(config.model_dim / config.heads);
  check_config(config);
  if (config.rope.dimensions == 0) config.rope.dimensions = config.head_dim;
  if (config.rope.original_context == 0) config.rope.original_context = config.training_context;
  return config;
}

class Llama final : public LanguageModel {
 public:
  Llama(const LlamaConfig& config, const WeightSource& source, const LoadOptions& options,
        Team& team)
      : config_(completed(config)),
        weights_(load_llama_weights(config_, source, options, team)),
        rope_(config_.rope, weights_.rope_divisors.span()),
        parts_{config_, weights_, rope_, *options.kernels},
        info_{.architecture = config_.architecture,
              .vocab = config_.vocab,
              .model_dim = config_.model_dim,
              .layers = config_.layers,
              .training_context = config_.training_context,
              .parameters = weights_.parameters,
              .bytes_read_per_pass = weights_.bytes_read_per_pass,
              .row_operations = weights_.row_operations,
              .wanted_operations = weights_.wanted_operations,
              .cache_numbers_per_position =
                  2 * config_.layers * std::int64_t{config_.kv_heads} * config_.head_dim,
              .attention_window = config_.sliding_window,
              .bytes_owned = weights_.bytes_owned,
              .repack_seconds = weights_.repack_seconds} {}

  const LanguageModelInfo& info() const override { return info_; }

  std::unique_ptr<State> make_state(const StateOptions& options) const override {
    return std::make_unique<KeyValueState>(cache_shape(), options);
  }

  void forward(const Batch& batch, std::span<State* const> states, Team& team,
               ForwardOutput& output) override {
    PassProfile* const profile = output.profile;
    if (profile != nullptr) profile->begin(team.size());
    const auto rows = static_cast<std::ptrdiff_t>(batch.size());
    workspace_.reserve(parts_, std::min(rows, kPassRows), team.size());
    reserve_output(batch, output);
    plan_.build(batch, states, cache_shape(), config_.vocab);
    for (std::ptrdiff_t begin = 0; begin < rows; begin += kPassRows) {
      const Range range{begin, std::min(begin + kPassRows, rows)};
      plan_.gather_tails(static_cast<std::int32_t>(range.begin),
                         static_cast<std::int32_t>(range.end));
      const LlamaPass pass(parts_, plan_, range, workspace_, output, team.size());
      run(pass, team, profile);
    }
    if (profile != nullptr) profile->end();
  }

 private:
  static void run(const LlamaPass& pass, Team& team, PassProfile* profile) {
    if (profile == nullptr) {
      team.run([&pass](Worker& worker) { pass.run(worker); });
      return;
    }
    team.run([&](Worker& worker) {
      worker.time_with(profile->timer(worker.index()), profile->clock());
      pass.run(worker);
    });
    profile->end_region();
  }

  attention::KeyValueCacheShape cache_shape() const {
    return {.layers = config_.layers, .kv_heads = config_.kv_heads, .head_dim = config_.head_dim};
  }

  void reserve_output(const Batch& batch, ForwardOutput& output) const {
    output.logit_rows = std::ranges::count_if(batch, &BatchRow::wants_logits);
    output.hidden_rows = std::ranges::count_if(batch, &BatchRow::wants_hidden);
    output.vocab = config_.vocab;
    output.model_dim = config_.model_dim;
    output.logits.reserve_discarding(static_cast<std::size_t>(output.logit_rows * output.vocab));
    output.hidden.reserve_discarding(
        static_cast<std::size_t>(output.hidden_rows * output.model_dim));
  }

  LlamaConfig config_;
  LlamaWeights weights_;
  attention::RotaryEmbedding rope_;
  LlamaParts parts_;
  LanguageModelInfo info_;
  BatchPlan plan_;
  LlamaWorkspace workspace_;
};

}  // namespace

std::unique_ptr<LanguageModel> make_llama(const LlamaConfig& config, const WeightSource& weights,
                                          const LoadOptions& options, Team& team) {
  TENON_CHECK(options.kernels != nullptr);
  return std::make_unique<Llama>(config, weights, options, team);
}

}  // namespace tenon::models
