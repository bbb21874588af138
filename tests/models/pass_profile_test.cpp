#include "models/language/pass_profile.h"

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <string>

#include "forward.h"
#include "support/tiny_llama.h"

using namespace tenon;
using namespace tenon::models;
using namespace tenon::test;

namespace {

// A clock by which every look costs a second; any thread may look.
std::atomic<int> g_looks{0};
double counted_time() {
  return ++g_looks;
}

double sum_of(const PassProfile& profile, int worker) {
  double sum = 0.0;
  for (int part = 0; part < kPassParts; ++part)
    sum += profile.seconds(worker, static_cast<PassPart>(part));
  return sum;
}

struct ProfiledPass {
  std::vector<Logits> logits;
  PassProfile profile{counted_time};
};

ProfiledPass profiled(LanguageModel& model, std::size_t rows, Team& team, bool is_profiled) {
  const auto state = model.make_state({.context = 700});
  ProfiledPass pass;
  ForwardOutput output;
  if (is_profiled) output.profile = &pass.profile;
  Batch batch;
  append_chain(batch, 0, random_tokens(model.info().vocab, rows), rows <= 16);
  State* const states[] = {state.get()};
  model.forward(batch, states, team, output);
  for (std::int64_t i = 0; i < output.logit_rows; ++i) {
    const auto row = output.logits_row(i);
    pass.logits.emplace_back(row.begin(), row.end());
  }
  return pass;
}

}  // namespace

TEST_SUITE("pass_profile") {
  TEST_CASE("every part has a name of its own") {
    std::set<std::string> names;
    for (int part = 0; part < kPassParts; ++part)
      names.emplace(pass_part_name(static_cast<PassPart>(part)));
    CHECK(names.size() == kPassParts);
    CHECK(pass_part_name(PassPart::Synchronisation) == "synchronisation");
    CHECK(pass_part_name(PassPart::OutputHead) == "output_head");
  }

  TEST_CASE("the parts of each worker and the rest add up to the pass, and no bit changes") {
    for (const kernels::Kernels* kernels : available_kernels())
      for (const int threads : {1, 3}) {
        CAPTURE(kernels->name());
        CAPTURE(threads);
        Team team(threads);
        const auto tiny = make_tiny_llama(tiny_llama_config(), {}, {.kernels = kernels}, team);
        for (const std::size_t rows : {std::size_t{1}, std::size_t{5}, std::size_t{600}}) {
          CAPTURE(rows);
          g_looks = 0;
          const ProfiledPass plain = profiled(*tiny.model, rows, team, false);
          CHECK(g_looks == 0);
          const ProfiledPass pass = profiled(*tiny.model, rows, team, true);
          CHECK(pass.logits == plain.logits);
          // The first and the last look are those of begin() and end().
          CHECK(pass.profile.seconds() == g_looks - 1);
          REQUIRE(pass.profile.workers() == threads);
          for (int worker = 0; worker < threads; ++worker) {
            const double sum = sum_of(pass.profile, worker);
            CHECK(sum > 0.0);
            CHECK(sum < pass.profile.seconds());
            // One worker: all looks are its laps but begin(), start of and end of each region, end().
            const auto regions =
                static_cast<double>((rows + 255) / 256);  // passes of at most 256 rows
            if (threads == 1) CHECK(sum == pass.profile.seconds() - regions - 1);
          }
          for (const PassPart part :
               {PassPart::Embedding, PassPart::Normalisation, PassPart::Preparation,
                PassPart::QueryKeyValue, PassPart::StoreKeys, PassPart::Attention,
                PassPart::AttentionOutput, PassPart::GateUp, PassPart::Down, PassPart::Elementwise,
                PassPart::OutputHead, PassPart::Synchronisation}) {
            CAPTURE(pass_part_name(part));
            double seconds = 0.0;
            for (int worker = 0; worker < threads; ++worker)
              seconds += pass.profile.seconds(worker, part);
            CHECK(seconds > 0.0);
          }
        }
      }
  }

  TEST_CASE("a model counts the operations and cached numbers of a row") {
    Team team(1);
    const LlamaConfig config = tiny_llama_config();
    const auto& kernels = kernels::select_kernels("reference");
    const LoadOptions load{.kernels = &kernels, .precision = kernels::Precision::Exact};
    const auto tiny = make_tiny_llama(config, {}, load, team);
    const LanguageModelInfo& info = tiny.model->info();
    const std::int64_t dim = config.model_dim, kv_dim = std::int64_t{config.kv_heads} * 16;
    const std::int64_t qkv = 2 * dim * (dim + 2 * kv_dim);
    const std::int64_t others = 2 * dim * dim + 3 * 2 * dim * config.ffn_dim;
    const auto form = kernels::ActivationForm::Float32;
    CHECK(config.layers == 2);
    CHECK(info.row_operations[form] == 2 * qkv + others);
    CHECK(info.wanted_operations[form] == others + 2 * dim * config.vocab);
    CHECK(info.row_operations[kernels::ActivationForm::Int8x32] == 0);
    CHECK(info.cache_numbers_per_position == 2 * 2 * kv_dim);
    CHECK(info.attention_window == 0);
  }
}
