#include "precision/block_formats.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "base/error.h"
#include "golden.h"
#include "precision/block_layouts.h"
#include "precision/number_formats.h"

using namespace tenon;
using namespace tenon::precision;

namespace {

const DType kBlockTypes[] = {DType::Q4_0, DType::Q4_1,   DType::Q5_0, DType::Q5_1,
                             DType::Q8_0, DType::IQ4_NL, DType::Q2_K, DType::Q3_K,
                             DType::Q4_K, DType::Q5_K,   DType::Q6_K};
const DType kTargets[] = {DType::Q4_0, DType::Q4_1, DType::Q5_0, DType::Q5_1,
                          DType::Q8_0, DType::Q4_K, DType::Q6_K, DType::IQ4_NL,
                          DType::Q2_K, DType::Q3_K, DType::Q5_K};

std::vector<float> read(DType dtype, const std::vector<std::byte>& bytes, std::size_t count) {
  std::vector<float> numbers(count);
  dequantize(dtype, bytes.data(), numbers);
  return numbers;
}

std::vector<std::byte> write(DType dtype, std::span<const float> numbers) {
  std::vector<std::byte> bytes(row_bytes(dtype, numbers.size()));
  quantize(dtype, numbers, bytes.data());
  return bytes;
}

int differing_bits(std::span<const float> a, std::span<const float> b) {
  int count = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    count += std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i]);
  return count;
}

template <typename Number>
std::vector<std::byte> bytes_of(const std::vector<Number>& numbers) {
  std::vector<std::byte> bytes(numbers.size() * sizeof(Number));
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

double squared_error(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(double{a[i]} - double{b[i]}, 2);
  return sum;
}

// The error that ggml-quants.c minimises for Q4_K: weighted by rms + |x| within each group of 32.
double weighted_error(std::span<const float> x, std::span<const float> y) {
  double sum = 0;
  for (std::size_t at = 0; at < x.size(); at += 32) {
    double squares = 0;
    for (std::size_t i = at; i < at + 32; ++i) squares += double{x[i]} * double{x[i]};
    for (std::size_t i = at; i < at + 32; ++i)
      sum += (std::sqrt(squares / 32) + std::fabs(x[i])) * std::pow(double{x[i]} - double{y[i]}, 2);
  }
  return sum;
}

}  // namespace

TEST_SUITE("dequantize") {
  TEST_CASE("random blocks of every block format read as gguf reads them, bit for bit") {
    GoldenFile file("block_dequantize.bin");  // scripts/oracles/block_formats.py
    for (const DType dtype : kBlockTypes) {
      CAPTURE(dtype_name(dtype));
      const auto blocks = file.take<std::byte>(row_bytes(dtype, 1024));
      const auto expected = file.take<float>(1024);
      CHECK(differing_bits(read(dtype, blocks, 1024), expected) == 0);
      // At an odd address, block by block.
      std::vector<std::byte> shifted(blocks.size() + 1);
      std::copy(blocks.begin(), blocks.end(), shifted.begin() + 1);
      const auto block = static_cast<std::size_t>(dtype_info(dtype).block_elements);
      std::vector<float> numbers(1024);
      for (std::size_t at = 0; at < 1024; at += block)
        dequantize(dtype, shifted.data() + 1 + row_bytes(dtype, at),
                   std::span(numbers).subspan(at, block));
      CHECK(differing_bits(numbers, expected) == 0);
    }
    CHECK(file.is_at_end());
  }

  TEST_CASE("all float16, bfloat16 and 8-bit codes read by their definitions") {
    std::vector<std::uint16_t> codes(65536);
    std::iota(codes.begin(), codes.end(), std::uint16_t{0});
    const auto half = read(DType::F16, bytes_of(codes), codes.size());
    const auto brain = read(DType::BF16, bytes_of(codes), codes.size());
    std::vector<std::uint8_t> bytes(256);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    const auto e4m3 = read(DType::F8_E4M3, bytes_of(bytes), 256);
    const auto e5m2 = read(DType::F8_E5M2, bytes_of(bytes), 256);
    // decode_float() is proved by number_formats_test.
    int wrong = 0;
    const auto check = [&](FloatFormat format, std::uint16_t code, float number) {
      wrong += std::bit_cast<std::uint32_t>(decode_float(format, code)) !=
               std::bit_cast<std::uint32_t>(number);
    };
    for (std::size_t i = 0; i < codes.size(); ++i) {
      check(FloatFormat::Float16, codes[i], half[i]);
      check(FloatFormat::BFloat16, codes[i], brain[i]);
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      check(FloatFormat::E4M3FN, bytes[i], e4m3[i]);
      check(FloatFormat::E5M2, bytes[i], e5m2[i]);
    }
    CHECK(wrong == 0);
  }

  TEST_CASE("integers, double and bool read by value, at any count and address") {
    const auto check = [](DType dtype, auto numbers, std::vector<float> expected) {
      CAPTURE(dtype_name(dtype));
      CHECK(read(dtype, bytes_of(numbers), numbers.size()) == expected);
      auto shifted = bytes_of(numbers);
      shifted.insert(shifted.begin(), std::byte{0x55});
      std::vector<float> result(numbers.size());
      dequantize(dtype, shifted.data() + 1, result);
      CHECK(result == expected);
    };
    check(DType::I8, std::vector<std::int8_t>{-128, -1, 0, 127}, {-128, -1, 0, 127});
    check(DType::U8, std::vector<std::uint8_t>{0, 128, 255}, {0, 128, 255});
    check(DType::I16, std::vector<std::int16_t>{-32768, 32767}, {-32768, 32767});
    check(DType::I32, std::vector<std::int32_t>{INT32_MIN, 16777217, 7}, {-0x1p31f, 16777216, 7});
    check(DType::I64, std::vector<std::int64_t>{INT64_MIN, 1}, {-0x1p63f, 1});
    check(DType::F64, std::vector<double>{0.1, -2.5, 1e300}, {0.1f, -2.5f, HUGE_VALF});
    check(DType::F32, std::vector<float>{0.1f, -2.5f}, {0.1f, -2.5f});
    check(DType::Bool, std::vector<std::uint8_t>{0, 1, 2}, {0, 1, 1});
  }

  TEST_CASE("nothing is read for an empty row, and part of a block is refused") {
    for (int i = 0; i < kDTypeCount; ++i)
      CHECK_NOTHROW(dequantize(static_cast<DType>(i), nullptr, {}));
    std::vector<float> numbers(31);
    std::vector<std::byte> bytes(1000);
    CHECK_THROWS_AS(dequantize(DType::Q4_0, bytes.data(), numbers), Error);
    CHECK_THROWS_AS(quantize(DType::Q4_0, numbers, bytes.data()), Error);
  }
}

TEST_SUITE("block_layouts") {
  TEST_CASE("packed 6-bit scales come back, whatever their neighbours are") {
    std::mt19937 random(1);
    for (int trial = 0; trial < 200; ++trial) {
      ScaleMin values[8];
      std::uint8_t packed[12] = {};
      for (int group = 0; group < 8; ++group) {
        values[group] = {static_cast<std::uint8_t>(random() % 64),
                         static_cast<std::uint8_t>(random() % 64)};
        pack_scale_min(values[group], group, packed);
      }
      for (int group = 0; group < 8; ++group) {
        CHECK(unpack_scale_min(packed, group).scale == values[group].scale);
        CHECK(unpack_scale_min(packed, group).minimum == values[group].minimum);
      }
    }
  }
}

TEST_SUITE("quantize") {
  TEST_CASE("the simple formats have the reference's bytes, the K formats a smaller error") {
    GoldenFile file("block_quantize.bin");  // scripts/oracles/block_formats.py
    const auto inputs = file.take<float>(4096);
    const std::span<const float> all(inputs);
    for (const DType dtype : kTargets) {
      CAPTURE(dtype_name(dtype));
      const auto reference = file.take<std::byte>(row_bytes(dtype, inputs.size()));
      const auto ours = write(dtype, inputs);
      if (dtype < DType::Q2_K) {  // one of the simple formats
        CHECK(ours == reference);
        continue;
      }
      const auto reference_numbers = read(dtype, reference, inputs.size());
      const auto numbers = read(dtype, ours, inputs.size());
      struct Part {
        std::string name;
        std::size_t begin, count;
      };
      for (const Part& part : {Part{"Gaussian", 0, 1024},
                               {"real", 1024, 2048},
                               {"awkward", 3072, 256},
                               {"heavy tails", 3328, 512},
                               {"ties", 3840, 256}}) {
        CAPTURE(part.name);
        const auto x = all.subspan(part.begin, part.count);
        const auto y = std::span(numbers).subspan(part.begin, part.count);
        const auto z = std::span(reference_numbers).subspan(part.begin, part.count);
        CHECK(weighted_error(x, y) <= weighted_error(x, z));
        // Not what is minimised: on a single block chance decides.
        if (part.count > 256) CHECK(squared_error(x, y) <= squared_error(x, z));
      }
    }
    CHECK(file.is_at_end());
  }

  TEST_CASE("the relative error of Gaussian numbers is what the bits of each format allow") {
    std::mt19937 random(5);
    std::normal_distribution<float> normal(0.0f, 0.02f);
    std::vector<float> x(1 << 16);
    for (float& number : x) number = normal(random);
    double squares = 0;
    for (const float number : x) squares += double{number} * double{number};
    struct Row {
      DType dtype;
      double low, high;
    };
    // A uniform quantiser of step d has rms error d / sqrt(12); a block of 32 spans about 4.1 sigma
    // of steps, one of 16 about 3.5.
    for (const Row row : {Row{DType::F16, 1e-4, 3e-4},
                          {DType::BF16, 1e-3, 2.4e-3},
                          {DType::Q4_0, 0.07, 0.1},
                          {DType::Q4_1, 0.07, 0.09},
                          {DType::Q5_0, 0.035, 0.05},
                          {DType::Q5_1, 0.035, 0.045},
                          {DType::Q8_0, 0.004, 0.006},
                          {DType::Q4_K, 0.06, 0.0715},
                          {DType::Q6_K, 0.014, 0.0172},
                          {DType::IQ4_NL, 0.06, 0.0775},
                          {DType::Q2_K, 0.2, 0.31},
                          {DType::Q3_K, 0.12, 0.157},
                          {DType::Q5_K, 0.03, 0.036}}) {
      CAPTURE(dtype_name(row.dtype));
      const auto y = read(row.dtype, write(row.dtype, x), x.size());
      const double relative = std::sqrt(squared_error(x, y) / squares);
      CHECK(relative > row.low);
      CHECK(relative < row.high);
    }
  }

  TEST_CASE("float16 and bfloat16 round to nearest even") {
    std::vector<float> x;
    for (int i = 0; i < 1000; ++i) x.push_back(std::sin(i) * std::ldexp(1.0f, i % 40 - 25));
    for (const auto& [dtype, format] : {std::pair{DType::F16, FloatFormat::Float16},
                                        std::pair{DType::BF16, FloatFormat::BFloat16}}) {
      const auto bytes = write(dtype, x);
      int wrong = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        std::uint16_t code;
        std::memcpy(&code, bytes.data() + 2 * i, 2);
        wrong += code != encode_nearest_even(format, double{x[i]});
      }
      CHECK(wrong == 0);
    }
  }

  TEST_CASE("numbers that lie on a Q4_K or Q6_K grid come back nearly unchanged") {
    std::mt19937 random(3);
    BlockQ4_K q4;
    BlockQ6_K q6;
    for (int trial = 0; trial < 20; ++trial) {
      for (auto& byte : q4.scales) byte = static_cast<std::uint8_t>(random());
      for (auto& byte : q4.quants) byte = static_cast<std::uint8_t>(random());
      for (auto& byte : q6.scales) byte = static_cast<std::int8_t>(random());
      for (auto& byte : q6.low_bits) byte = static_cast<std::uint8_t>(random());
      for (auto& byte : q6.high_bits) byte = static_cast<std::uint8_t>(random());
      q4.scale = q4.min_scale = q6.scale = 0x2C00;  // 1/16
      const std::vector<float> zero(256);
      const auto check = [&](DType dtype, const auto& block, double bound) {
        std::vector<std::byte> bytes(sizeof block);
        std::memcpy(bytes.data(), &block, sizeof block);
        const auto x = read(dtype, bytes, 256);
        const auto y = read(dtype, write(dtype, x), 256);
        CHECK(squared_error(x, y) < bound * squared_error(x, zero));
      };
      check(DType::Q4_K, q4, 2e-4);
      check(DType::Q6_K, q6, 1e-4);
    }
  }

  TEST_CASE("zeros stay zeros in every format") {
    const std::vector<float> x(512, 0.0f);
    for (const DType dtype : kTargets) {
      CAPTURE(dtype_name(dtype));
      CHECK(read(dtype, write(dtype, x), x.size()) == x);
    }
  }

  TEST_CASE("numbers far below every float16 scale become zero, without undefined arithmetic") {
    for (const float tiny :
         {1e-12f, 1e-30f, 1e-38f, 1e-41f, std::numeric_limits<float>::denorm_min()}) {
      std::vector<float> x(256);
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = i % 3 == 0 ? tiny : i % 3 == 1 ? -tiny : tiny / 2;
      for (const DType dtype : kTargets) {
        CAPTURE(dtype_name(dtype));
        CAPTURE(tiny);
        for (const float number : read(dtype, write(dtype, x), x.size())) CHECK(number == 0.0f);
      }
    }
  }

  TEST_CASE("NaN, infinity and numbers too large for the scales are refused") {
    const float infinity = HUGE_VALF, nan = std::numeric_limits<float>::quiet_NaN();
    for (const float bad : {infinity, -infinity, nan}) {
      for (const DType dtype :
           {DType::F32, DType::F16, DType::BF16, DType::Q4_0, DType::Q8_0, DType::Q4_K}) {
        std::vector<float> x(256, 1.0f);
        x[200] = bad;
        CHECK_THROWS_AS(write(dtype, x), Error);
      }
    }
    for (const float large : {3e38f, 1e30f, 1e20f, -3e38f, 1e15f, 2e9f}) {
      for (const DType dtype : kTargets) {
        CAPTURE(dtype_name(dtype));
        std::vector<float> x(256, -large / 2);
        x[77] = large;
        CHECK_THROWS_AS(write(dtype, x), Error);
      }
      std::vector<float> x(8, large);
      CHECK_THROWS_AS(write(DType::F16, x), Error);
      CHECK(write(DType::F32, x).size() == 32);
    }
    const std::vector<float> beyond(1, std::numeric_limits<float>::max());
    CHECK_THROWS_AS(write(DType::BF16, beyond), Error);
  }

  TEST_CASE("large numbers within reach of the scales are kept") {
    std::mt19937 random(9);
    std::normal_distribution<float> normal(0.0f, 20000.0f);
    std::vector<float> x(256);
    for (float& number : x) number = normal(random);
    for (const DType dtype : kTargets) {
      CAPTURE(dtype_name(dtype));
      const auto y = read(dtype, write(dtype, x), x.size());
      const std::vector<float> zero(256);
      // Of the squares, as the relative errors above have it.
      const double bound = dtype == DType::Q2_K ? 0.1 : dtype == DType::Q3_K ? 0.03 : 0.02;
      CHECK(squared_error(x, y) < bound * squared_error(x, zero));
    }
  }

  TEST_CASE("types that cannot be written are refused by name") {
    const std::vector<float> x(256, 1.0f);
    for (int i = 0; i < kDTypeCount; ++i) {
      const auto dtype = static_cast<DType>(i);
      CAPTURE(dtype_name(dtype));
      if (can_quantize(dtype))
        CHECK_NOTHROW(write(dtype, x));
      else
        CHECK_THROWS_AS(write(dtype, x), Error);
    }
    CHECK(can_quantize(DType::Q4_K));
    CHECK_FALSE(can_quantize(DType::F8_E4M3));
  }
}
