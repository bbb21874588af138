// The avx512 provider as it runs on processors without the BF16 instructions.
#include "kernels/avx512/without_bfloat16.h"

#include <doctest/doctest.h>

#include "kernels/product_parity.h"

using namespace tenon;
using namespace tenon::kernels;
using namespace tenon::kernels::samples;

namespace {

constexpr DType kBFloat16[] = {DType::BF16};

struct Both {
  const Kernels& without = *avx512_kernels_without_bfloat16();
  const Kernels& own = select_kernels("avx512");
  bool differ = own.instruction_sets().find("BF16") != std::string::npos;
};

std::vector<float> input_of(int rows, std::int64_t in_features) {
  return random_floats(static_cast<std::size_t>(rows * in_features), "input");
}

}  // namespace

TEST_SUITE("avx512 without bfloat16") {
  TEST_CASE("it is there exactly where the provider is, and says what it lacks") {
    bool is_available = false;
    for (const ProviderState& state : providers())
      is_available = is_available || (state.name == "avx512" && state.is_available);
    const Kernels* kernels = avx512_kernels_without_bfloat16();
    REQUIRE((kernels != nullptr) == is_available);
    if (kernels == nullptr) return;
    CHECK(kernels->name() == "avx512");
    CHECK(kernels->instruction_sets().find("VNNI") != std::string::npos);
    CHECK(kernels->instruction_sets().find("BF16") == std::string::npos);
  }

  TEST_CASE(
      "bfloat16 weights meet unrounded activations, and products are right for every row count") {
    const Kernels* kernels = avx512_kernels_without_bfloat16();
    if (kernels == nullptr) return;  // not on this processor
    for (const Case& item : cases(kBFloat16))
      for (const int rows : {1, 3, 17}) check_parity(*kernels, item, Precision::Fast, rows);
    for (int rows = 1; rows <= 64; ++rows)
      check_parity(*kernels, {DType::BF16, 33, 130}, Precision::Fast, rows);
    const Weight weight = random_weight(DType::BF16, 16, 64);
    const auto prepared = kernels->prepare_weight(weight.view(), Precision::Fast);
    CHECK(kernels->activation_form(*prepared) == ActivationForm::Float32);
  }

  TEST_CASE("a bfloat16 row has the same bits alone and among 2 to 64, packed or from the file") {
    const Kernels* kernels = avx512_kernels_without_bfloat16();
    if (kernels == nullptr) return;
    const Weight weight = random_weight(DType::BF16, 49, 301);
    const std::vector<float> input = input_of(64, 301);
    const Activations activations =
        prepare(*kernels, ActivationForm::Float32, input.data(), 64, 301);
    const auto packed = kernels->prepare_weight(weight.view(), Precision::Fast);
    const auto mapped = kernels->prepare_weight(weight.view(), Precision::Fast, false);
    std::vector<float> alone;
    for (std::size_t r = 0; r < 64; ++r) {
      const auto one = multiply(*kernels, *packed, activations.row(r), 1);
      alone.insert(alone.end(), one.begin(), one.end());
    }
    for (const MatmulWeight* product : {packed.get(), mapped.get()})
      for (int rows = 1; rows <= 64; ++rows) {
        const auto together = multiply(*kernels, *product, activations.row(0), rows);
        CHECK(std::memcmp(together.data(), alone.data(), together.size() * sizeof(float)) == 0);
      }
  }

  TEST_CASE("both pack the same bytes, so that a packed file serves either processor") {
    if (avx512_kernels_without_bfloat16() == nullptr) return;
    const Both both;
    CHECK(both.without.packed_layout().version == both.own.packed_layout().version);
    for (const DType dtype : kWeightTypes) {
      INFO(dtype_name(dtype));
      const Weight weight = random_weight(dtype, 49, 512);
      const auto a = both.without.prepare_weight(weight.view(), Precision::Fast);
      const auto b = both.own.prepare_weight(weight.view(), Precision::Fast);
      REQUIRE(a->packed_bytes().size() == b->packed_bytes().size());
      CHECK(std::memcmp(a->packed_bytes().data(), b->packed_bytes().data(),
                        a->packed_bytes().size()) == 0);
    }
  }

  TEST_CASE(
      "all other types have the bits they have with the instructions, bfloat16 alone differs") {
    if (avx512_kernels_without_bfloat16() == nullptr) return;
    const Both both;
    const std::vector<float> input = input_of(5, 512);
    for (const DType dtype : kWeightTypes) {
      INFO(dtype_name(dtype));
      const Weight weight = random_weight(dtype, 49, 512);
      std::vector<float> outputs[2];
      for (std::size_t i = 0; i < 2; ++i) {
        const Kernels& kernels = i == 0 ? both.without : both.own;
        const auto prepared = kernels.prepare_weight(weight.view(), Precision::Fast);
        const Activations activations =
            prepare(kernels, kernels.activation_form(*prepared), input.data(), 5, 512);
        outputs[i] = multiply(kernels, *prepared, activations.bytes.data(), 5);
      }
      CHECK((outputs[0] == outputs[1]) == !(dtype == DType::BF16 && both.differ));
    }
  }
}
