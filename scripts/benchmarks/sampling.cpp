// Times a draw by each chain of samplers, over logits spread as a language model's are.
//
//   scripts/benchmarks/sampling [VOCABULARY]      (49152)
//
// Two columns of times: of an open position (thousands of tokens share the mass) and of a confident one
// (a few hold it). Each is the median over 400 draws, the logits in the second-level cache as after a pass.
// The last column is a sum of the tokens drawn: equal before and after a change that keeps bytes.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/random.h"
#include "sampling/sampler_chain.h"

namespace {

using namespace tenon;
using sampling::SamplerChain;
using sampling::SamplingOptions;

std::vector<float> made_logits(std::size_t vocab, double spread, std::uint64_t which) {
  const RandomStream stream(7, "benchmark", which);
  std::vector<float> logits(vocab);
  for (std::size_t i = 0; i < vocab; ++i) logits[i] = static_cast<float>(spread * stream.normal(i));
  return logits;
}

struct Row {
  const char* name;
  SamplingOptions options;
};

// Microseconds; adds the tokens to `checksum`.
double time_chain(const SamplerChain& chain, const std::vector<std::vector<float>>& logits,
                  std::uint64_t& checksum) {
  std::vector<double> seconds;
  for (std::uint64_t position = 0; position < 400; ++position) {
    const std::vector<float>& here = logits[position % logits.size()];
    double sum = 0.0;  // brings the logits in
    for (const float x : here) sum += static_cast<double>(x);
    const auto start = std::chrono::steady_clock::now();
    const std::int32_t token = chain.draw(here, {}, 0, position);
    const auto end = std::chrono::steady_clock::now();
    seconds.push_back(std::chrono::duration<double>(end - start).count());
    checksum = checksum * 31 + static_cast<std::uint64_t>(token) + (std::isnan(sum) ? 1 : 0);
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2] * 1e6;
}

}  // namespace

int main(int count, char** arguments) {
  const std::size_t vocab = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 49152;
  std::vector<std::vector<float>> open, confident;
  for (std::uint64_t i = 0; i < 4; ++i) {
    open.push_back(made_logits(vocab, 2.0, i));
    confident.push_back(made_logits(vocab, 5.0, i));
  }
  const Row rows[] = {
      {"greedy", {}},
      {"temperature", {.temperature = 0.8}},
      {"top-k 40", {.temperature = 0.8, .top_k = 40}},
      {"top-p 0.9", {.temperature = 0.8, .top_p = 0.9}},
      {"min-p 0.05", {.temperature = 0.8, .min_p = 0.05}},
      {"typical-p 0.9", {.temperature = 0.8, .typical_p = 0.9}},
      {"top-k 40, top-p 0.9", {.temperature = 0.8, .top_k = 40, .top_p = 0.9}},
      {"typical-p 0.9, top-p 0.95", {.temperature = 0.8, .typical_p = 0.9, .top_p = 0.95}},
  };
  std::printf("%-28s %8s %12s\n", "microseconds a draw", "open", "confident");
  for (const Row& row : rows) {
    const SamplerChain chain(row.options);
    std::uint64_t checksum = 0;
    const double wide = time_chain(chain, open, checksum);
    const double narrow = time_chain(chain, confident, checksum);
    std::printf("%-28s %8.1f %12.1f   %016llx\n", row.name, wide, narrow,
                static_cast<unsigned long long>(checksum));
  }
}
