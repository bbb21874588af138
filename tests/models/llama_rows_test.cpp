// Row invariance without gaps: every weight type, every pass of 1 to 64 rows, chains and trees, 1 to 3 threads,
// every fast provider. tests/models/row_invariance_test.cpp has the families, caches, batches and long contexts.
#include "models/language/llama.h"

#include <doctest/doctest.h>

#include "base/random.h"
#include "forward.h"
#include "kernels/avx512/without_bfloat16.h"
#include "support/tiny_llama.h"

using namespace tenon;
using namespace tenon::test;
using models::Batch;
using models::BatchRow;
using models::LlamaConfig;
using models::State;

namespace {

constexpr std::size_t kRows = 64;
constexpr std::size_t kPrefix = 5;

constexpr DType kWeightTypes[] = {DType::F32,  DType::F16,  DType::BF16, DType::Q4_0,  DType::Q4_1,
                                  DType::Q5_0, DType::Q5_1, DType::Q8_0, DType::Q2_K,  DType::Q3_K,
                                  DType::Q4_K, DType::Q5_K, DType::Q6_K, DType::IQ4_NL};
constexpr DType kCacheTypes[] = {DType::F16, DType::Q8_0, DType::BF16, DType::F32};

// oneDNN's product of dense matrices is not a language model's; the rest of that provider is Highway's.
std::vector<const kernels::Kernels*> fast_kernels(DType dtype) {
  std::vector<const kernels::Kernels*> result;
  for (const kernels::Kernels* kernels : available_kernels())
    if (kernels->name() != "reference" && kernels->name() != "onednn") result.push_back(kernels);
  if (dtype == DType::BF16 && kernels::avx512_kernels_without_bfloat16() != nullptr)
    result.push_back(kernels::avx512_kernels_without_bfloat16());
  return result;
}

// The smallest that the type's blocks allow: so many passes take time. Blocks of 32 an odd number a row, and
// columns that no tile divides.
LlamaConfig config_for(DType dtype) {
  LlamaConfig config = tiny_llama_config();
  config.layers = 1;
  config.vocab = 50;
  config.head_dim = 32;
  if (dtype_info(dtype).block_elements > 32) {
    config.model_dim = config.ffn_dim = 256;
    config.heads = 8;
  } else {
    config.model_dim = 96;
    config.ffn_dim = 160;
    config.heads = 3;
    config.kv_heads = 1;
  }
  return config;
}

// Row i follows row i - 1; or a random earlier one, or the committed end.
Batch rows_after_prefix(const std::vector<std::int32_t>& tokens, bool is_tree) {
  const RandomStream random(11, "tree");
  Batch batch;
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto earlier = static_cast<std::int32_t>(i);
    const std::int32_t parent =
        is_tree
            ? static_cast<std::int32_t>(random.uniform(i) * static_cast<double>(earlier + 1)) - 1
            : earlier - 1;
    batch.push_back({.token = tokens[i],
                     .parent = parent < 0 ? BatchRow::kAfterCommitted : parent,
                     .wants_logits = true});
  }
  return batch;
}

// Each row as the only one of a pass, after a copy of its parent's state.
std::vector<Logits> rows_alone(models::LanguageModel& model, const State& prefix,
                               const Batch& batch) {
  Team alone(1);
  std::vector<std::unique_ptr<State>> states;
  std::vector<Logits> logits;
  for (const BatchRow& row : batch) {
    const State& parent = row.parent == BatchRow::kAfterCommitted
                              ? prefix
                              : *states[static_cast<std::size_t>(row.parent)];
    states.push_back(parent.fork(parent.length()));
    logits.push_back(feed(model, *states.back(), std::span(&row.token, 1), 1, alone)[0]);
  }
  return logits;
}

// How many passes of 1 to kRows rows have a row with other bits.
int passes_that_differ(models::LanguageModel& model, State& prefix, const Batch& batch,
                       std::span<const Logits> expected, Team& team) {
  int count = 0;
  for (std::size_t rows = 1; rows <= kRows; ++rows) {
    const Batch first(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(rows));
    if (!same_bits(forward_rows(model, first, prefix, team), expected.first(rows))) ++count;
    prefix.truncate(kPrefix);
  }
  return count;
}

void check_rows(DType dtype, DType cache_type, const kernels::Kernels& kernels) {
  Team alone(1);
  const TinyLlama tiny =
      make_tiny_llama(config_for(dtype), {.dtype = dtype}, {.kernels = &kernels}, alone);
  const auto tokens = random_tokens(tiny.config.vocab, kPrefix + kRows);
  const auto prefix = tiny.model->make_state({.cache_type = cache_type});
  feed(*tiny.model, *prefix, std::span(tokens).first(kPrefix), kPrefix, alone);
  for (const bool is_tree : {false, true}) {
    const Batch batch = rows_after_prefix({tokens.begin() + kPrefix, tokens.end()}, is_tree);
    const auto expected = rows_alone(*tiny.model, *prefix, batch);
    for (const int threads : {1, 2, 3}) {
      CAPTURE(is_tree);
      CAPTURE(threads);
      Team team(threads);
      CHECK(passes_that_differ(*tiny.model, *prefix, batch, expected, team) == 0);
    }
  }
}

}  // namespace

TEST_SUITE("models") {
  TEST_CASE(
      "every row of a chain or tree of 1 to 64 rows has the bits it has alone, in every weight "
      "type, "
      "on 1 to 3 threads") {
    for (std::size_t i = 0; i < std::size(kWeightTypes); ++i)
      for (const kernels::Kernels* kernels : fast_kernels(kWeightTypes[i])) {
        CAPTURE(dtype_name(kWeightTypes[i]));
        CAPTURE(kernels->instruction_sets());
        check_rows(kWeightTypes[i], kCacheTypes[i % 4], *kernels);
      }
  }
}
