#include "conversion/quantize_model.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <span>

#include "base/error.h"
#include "base/random.h"
#include "precision/block_formats.h"
#include "tensor/memory_weights.h"

using namespace tenon;
using namespace tenon::conversion;

namespace {

Tensor random_tensor(const Shape& shape, std::uint64_t seed) {
  Tensor tensor(DType::F32, shape);
  const RandomStream stream(seed, "weights");
  std::uint64_t index = 0;
  for (float& number : tensor.floats()) number = static_cast<float>(0.05 * stream.normal(index++));
  return tensor;
}

Tensor random_tensor(DType dtype, const Shape& shape, std::uint64_t seed) {
  const Tensor numbers = random_tensor(shape, seed);
  Tensor tensor(dtype, shape);
  precision::quantize(dtype, numbers.floats(), tensor.data());
  return tensor;
}

// A model of the names of GGUF: width 512, one matrix with rows of 96, one with rows of 40.
MemoryWeights small_model() {
  MemoryWeights weights("small");
  weights.add("token_embd.weight", random_tensor({10, 512}, 1));
  weights.add("blk.0.attn_q.weight", random_tensor({64, 512}, 2));
  weights.add("blk.0.attn_q.bias", random_tensor({64}, 3));
  weights.add("blk.0.attn_norm.weight", random_tensor(DType::F16, {512}, 4));
  weights.add("blk.0.attn_q_norm.weight", random_tensor(DType::BF16, {4, 64}, 5));
  weights.add("blk.0.ffn_down.weight", random_tensor({8, 96}, 6));
  weights.add("blk.0.ffn_odd.weight", random_tensor({8, 40}, 7));
  weights.add("blk.0.ffn_gate_inp.weight", random_tensor(DType::F16, {4, 512}, 8));
  weights.add("blk.0.ffn_up_exps.weight", random_tensor({3, 4, 256}, 9));
  weights.add("indices", Tensor(DType::I32, {2, 3}));
  weights.add("output.weight", random_tensor({10, 512}, 10));
  std::memset(const_cast<std::byte*>(weights.find("indices")->data), 7, 24);
  return weights;
}

std::map<std::string, TensorPlan> by_name(const std::vector<TensorPlan>& plans) {
  std::map<std::string, TensorPlan> map;
  for (const TensorPlan& plan : plans) map[plan.name] = plan;
  return map;
}

struct Converted {
  std::map<std::string, std::vector<std::byte>> bytes;
  std::vector<TensorReport> reports;
  const TensorReport& report(const std::string& name) const {
    return *std::ranges::find_if(reports, [&](const auto& r) { return r.plan.name == name; });
  }
};

Converted convert(const WeightSource& source, const QuantizeOptions& options, int threads) {
  Team team(threads);
  Converted converted;
  const auto plan = plan_quantization(source, options);
  converted.reports = quantize_tensors(
      source, plan,
      [&](const TensorPlan& tensor, std::span<const std::byte> piece) {
        auto& bytes = converted.bytes[tensor.name];
        bytes.insert(bytes.end(), piece.begin(), piece.end());
      },
      team);
  return converted;
}

}  // namespace

TEST_SUITE("plan_quantization") {
  TEST_CASE("matrices get the type asked for, everything else keeps what it needs") {
    const MemoryWeights weights = small_model();
    const auto plans = plan_quantization(weights, {.dtype = DType::Q4_0});
    CHECK(plans.size() == weights.names().size());
    for (std::size_t i = 0; i < plans.size(); ++i) CHECK(plans[i].name == weights.names()[i]);
    const auto plan = by_name(plans);
    const auto check = [&](const std::string& name, DType to, TypeReason reason) {
      CAPTURE(name);
      CHECK(dtype_name(plan.at(name).to) == dtype_name(to));
      CHECK(type_reason_name(plan.at(name).reason) == type_reason_name(reason));
    };
    check("token_embd.weight", DType::Q4_0, TypeReason::Asked);
    check("blk.0.attn_q.weight", DType::Q4_0, TypeReason::Asked);
    check("blk.0.attn_q.bias", DType::F32, TypeReason::Vector);
    check("blk.0.attn_norm.weight", DType::F32, TypeReason::Vector);
    check("blk.0.attn_q_norm.weight", DType::F32, TypeReason::Vector);
    check("blk.0.ffn_down.weight", DType::Q4_0, TypeReason::Asked);
    check("blk.0.ffn_odd.weight", DType::F16, TypeReason::Fallback);
    check("blk.0.ffn_gate_inp.weight", DType::F16, TypeReason::Kept);
    check("blk.0.ffn_up_exps.weight", DType::Q4_0, TypeReason::Asked);
    check("indices", DType::I32, TypeReason::Kept);
    check("output.weight", DType::Q6_K, TypeReason::Output);
  }

  TEST_CASE("rows that do not fill a K block fall back as in the reference") {
    const MemoryWeights weights = small_model();
    const auto four = by_name(plan_quantization(weights, {.dtype = DType::Q4_K}));
    const auto six = by_name(plan_quantization(weights, {.dtype = DType::Q6_K}));
    CHECK(four.at("blk.0.attn_q.weight").to == DType::Q4_K);
    CHECK(four.at("blk.0.ffn_up_exps.weight").to == DType::Q4_K);
    CHECK(four.at("blk.0.ffn_down.weight").to == DType::Q5_0);
    CHECK(four.at("blk.0.ffn_down.weight").reason == TypeReason::Fallback);
    CHECK(six.at("blk.0.ffn_down.weight").to == DType::Q8_0);
    CHECK(four.at("blk.0.ffn_odd.weight").to == DType::F16);
    CHECK(six.at("blk.0.ffn_odd.weight").to == DType::F16);
  }

  TEST_CASE("the embedding that is also the output gets the output's type") {
    MemoryWeights tied;
    tied.add("token_embd.weight", random_tensor({10, 576}, 1));
    const auto plan = plan_quantization(tied, {.dtype = DType::Q4_1});
    // Rows of 576 numbers: Q6_K falls back to Q8_0, as in SmolLM2's own file.
    CHECK(plan[0].to == DType::Q8_0);
    CHECK(plan[0].reason == TypeReason::Fallback);
    CHECK(plan_quantization(tied, {.dtype = DType::Q8_0})[0].reason == TypeReason::Asked);
    CHECK(plan_quantization(tied, {.dtype = DType::F16})[0].to == DType::F16);
    CHECK(plan_quantization(tied, {.dtype = DType::Q4_1, .output_dtype = DType::F16})[0].to ==
          DType::F16);
  }

  TEST_CASE("options for output, embedding, rules and purity are followed") {
    const MemoryWeights weights = small_model();
    const auto plan = by_name(plan_quantization(
        weights,
        {.dtype = DType::Q4_0,
         .output_dtype = DType::F16,
         .embedding_dtype = DType::Q8_0,
         .rules = {{"ffn", DType::Q5_1}, {"ffn_up", DType::Q5_0}, {"ffn_gate_inp", DType::F32}}}));
    CHECK(plan.at("output.weight").to == DType::F16);
    CHECK(plan.at("token_embd.weight").to == DType::Q8_0);
    CHECK(plan.at("token_embd.weight").reason == TypeReason::Embedding);
    CHECK(plan.at("blk.0.ffn_down.weight").to == DType::Q5_1);
    CHECK(plan.at("blk.0.ffn_down.weight").reason == TypeReason::Rule);
    CHECK(plan.at("blk.0.ffn_up_exps.weight").to == DType::Q5_0);  // the last rule that matches
    CHECK(plan.at("blk.0.ffn_gate_inp.weight").to == DType::F32);
    CHECK(plan.at("blk.0.attn_norm.weight").to == DType::F32);
    const auto pure = by_name(plan_quantization(weights, {.dtype = DType::Q4_0, .is_pure = true}));
    CHECK(pure.at("output.weight").to == DType::Q4_0);
  }

  TEST_CASE("types that cannot be written are refused before anything is read") {
    const MemoryWeights weights = small_model();
    CHECK_THROWS_AS(plan_quantization(weights, {.dtype = DType::F8_E4M3}), Error);
    CHECK_THROWS_AS(plan_quantization(weights, {.output_dtype = DType::I8}), Error);
    CHECK_THROWS_AS(plan_quantization(weights, {.rules = {{"x", DType::I8}}}), Error);
  }
}

TEST_SUITE("quantize_tensors") {
  TEST_CASE("the bytes are those of quantize() row by row, the report says how far they are") {
    const MemoryWeights weights = small_model();
    for (const DType dtype : {DType::Q4_0, DType::Q8_0, DType::Q4_K, DType::F16, DType::F32}) {
      CAPTURE(dtype_name(dtype));
      const Converted converted = convert(weights, {.dtype = dtype}, 2);
      for (const TensorReport& report : converted.reports) {
        const TensorPlan& plan = report.plan;
        CAPTURE(plan.name);
        const TensorView view = weights.find(plan.name).value();
        const auto elements = static_cast<std::size_t>(view.shape.elements());
        CHECK(report.elements == elements);
        CHECK(report.source_bytes == view.bytes());
        CHECK(report.bytes == converted.bytes.at(plan.name).size());
        std::vector<float> numbers(elements), stored(elements);
        precision::dequantize(view.dtype, view.data, numbers);
        std::vector<std::byte> expected(view.bytes());
        if (plan.from == plan.to) {
          std::memcpy(expected.data(), view.data, expected.size());
        } else {
          expected.resize(row_bytes(plan.to, elements));
          precision::quantize(plan.to, numbers, expected.data());
        }
        CHECK(converted.bytes.at(plan.name) == expected);
        precision::dequantize(plan.to, expected.data(), stored);
        double squares = 0, misses = 0, largest = 0;
        for (std::size_t i = 0; i < elements; ++i) {
          squares += double{numbers[i]} * double{numbers[i]};
          misses += std::pow(double{numbers[i]} - double{stored[i]}, 2);
          largest = std::max(largest, std::fabs(double{numbers[i]} - double{stored[i]}));
        }
        CHECK(report.max_error == largest);
        CHECK(report.rms_error == doctest::Approx(std::sqrt(misses / elements)).epsilon(1e-12));
        CHECK(report.relative_rms_error ==
              doctest::Approx(squares > 0 ? std::sqrt(misses / squares) : 0).epsilon(1e-12));
      }
    }
  }

  TEST_CASE("the size of the team changes no byte and no figure") {
    const MemoryWeights weights = small_model();
    const Converted one = convert(weights, {.dtype = DType::Q4_K}, 1);
    for (const int threads : {2, 3}) {
      const Converted more = convert(weights, {.dtype = DType::Q4_K}, threads);
      CHECK(one.bytes == more.bytes);
      for (std::size_t i = 0; i < one.reports.size(); ++i) {
        CHECK(one.reports[i].rms_error == more.reports[i].rms_error);
        CHECK(one.reports[i].relative_rms_error == more.reports[i].relative_rms_error);
        CHECK(one.reports[i].max_error == more.reports[i].max_error);
      }
    }
  }

  TEST_CASE("a tensor larger than a piece arrives whole and in order") {
    MemoryWeights weights;
    weights.add("large.weight", random_tensor({9, 1 << 20}, 3));  // 36 MiB
    const Converted kept = convert(weights, {.dtype = DType::F32}, 2);
    const Converted half = convert(weights, {.dtype = DType::F16}, 2);
    const TensorView view = weights.find("large.weight").value();
    CHECK(std::memcmp(kept.bytes.at("large.weight").data(), view.data, view.bytes()) == 0);
    // Back to float32, now in two pieces, since nothing is copied.
    Tensor stored(DType::F16, view.shape);
    std::memcpy(stored.data(), half.bytes.at("large.weight").data(), view.bytes() / 2);
    MemoryWeights back;
    back.add("large.weight", std::move(stored));
    const Converted again = convert(back, {.dtype = DType::F32}, 2);
    std::vector<float> expected(9 << 20);
    precision::dequantize(DType::F16, back.find("large.weight")->data, expected);
    CHECK(again.bytes.at("large.weight").size() == view.bytes());
    CHECK(std::memcmp(again.bytes.at("large.weight").data(), expected.data(), view.bytes()) == 0);
    CHECK(again.reports[0].rms_error == 0.0);
  }

  TEST_CASE("each finished tensor is announced") {
    const MemoryWeights weights = small_model();
    Team team(2);
    std::vector<std::string> announced;
    quantize_tensors(
        weights, plan_quantization(weights, {}),
        [](const TensorPlan&, std::span<const std::byte>) {}, team,
        [&](const TensorReport& report) { announced.push_back(report.plan.name); });
    CHECK(announced == weights.names());
  }

  TEST_CASE("a number that cannot be stored is refused with its tensor and row, the first one") {
    MemoryWeights weights("broken");
    Tensor tensor = random_tensor({50, 256}, 1);
    tensor.floats()[20 * 256 + 3] = std::numeric_limits<float>::quiet_NaN();
    tensor.floats()[40 * 256 + 3] = std::numeric_limits<float>::infinity();
    weights.add("w.weight", std::move(tensor));
    for (const int threads : {1, 2, 3}) {
      try {
        convert(weights, {.dtype = DType::Q4_0}, threads);
        FAIL("NaN was stored");
      } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::Input);
        CHECK(std::string(error.what()) ==
              "broken at w.weight row 20: a number is NaN or infinite, Q4_0 is for finite ones");
      }
    }
  }

  TEST_CASE("empty tensors have no bytes and no error") {
    MemoryWeights weights;
    weights.add("none.weight", Tensor(DType::F32, {0, 256}));
    weights.add("flat.weight", Tensor(DType::F32, {4, 0}));
    const Converted converted = convert(weights, {.dtype = DType::Q4_K}, 2);
    CHECK(converted.reports[0].bytes == 0);
    CHECK(converted.reports[0].rms_error == 0.0);
    CHECK(converted.reports[1].elements == 0);
  }
}
