#include "precision/number_formats.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "golden.h"

using namespace tenon::precision;

namespace {

// The formats as their documents define them; nothing here comes from the library.
struct Definition {
  FloatFormat format;
  int exponent_bits, mantissa_bits, bias;
  enum { Ieee, Fn, Fnuz } specials;
};
constexpr Definition kDefinitions[] = {
    {FloatFormat::Float16, 5, 10, 15, Definition::Ieee},
    {FloatFormat::BFloat16, 8, 7, 127, Definition::Ieee},
    {FloatFormat::E4M3FN, 4, 3, 7, Definition::Fn},
    {FloatFormat::E4M3FNUZ, 4, 3, 8, Definition::Fnuz},
    {FloatFormat::E5M2, 5, 2, 15, Definition::Ieee},
    {FloatFormat::E5M2FNUZ, 5, 2, 16, Definition::Fnuz},
};

int code_count(const Definition& d) {
  return 1 << (1 + d.exponent_bits + d.mantissa_bits);
}
bool is_nan(float x) {
  return std::isnan(x);
}

// (-1)^sign * 2^(exponent - bias) * 1.mantissa, or 2^(1 - bias) * 0.mantissa, in double.
double value_of(const Definition& d, int code) {
  const int mantissa = code & ((1 << d.mantissa_bits) - 1);
  const int exponent = code >> d.mantissa_bits & ((1 << d.exponent_bits) - 1);
  const bool is_negative = code >= code_count(d) / 2;
  const bool has_top_exponent = exponent == (1 << d.exponent_bits) - 1;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if (d.specials == Definition::Ieee && has_top_exponent)
    return mantissa != 0 ? nan : is_negative ? -HUGE_VAL : HUGE_VAL;
  if (d.specials == Definition::Fn && has_top_exponent && mantissa == (1 << d.mantissa_bits) - 1)
    return nan;
  if (d.specials == Definition::Fnuz && code == code_count(d) / 2) return nan;
  const double fraction = std::ldexp(mantissa, -d.mantissa_bits);
  const double magnitude = exponent == 0 ? std::ldexp(fraction, 1 - d.bias)
                                         : std::ldexp(1 + fraction, exponent - d.bias);
  return is_negative ? -magnitude : magnitude;
}

// The finite codes of one sign ascend with their values: magnitudes[c] is the value of code c.
std::vector<double> finite_magnitudes(const Definition& d) {
  std::vector<double> values;
  for (int code = 0; code < code_count(d) / 2 && std::isfinite(value_of(d, code)); ++code)
    values.push_back(value_of(d, code));
  return values;
}

// Nearest even by search. Beyond the largest number the next would stand one more step away.
int nearest_code(const Definition& d, const std::vector<double>& magnitudes, double x) {
  const int sign = std::signbit(x) && !(d.specials == Definition::Fnuz) ? code_count(d) / 2 : 0;
  const int fnuz_sign = std::signbit(x) ? code_count(d) / 2 : 0;
  const double magnitude = std::fabs(x);
  const int last = static_cast<int>(magnitudes.size()) - 1;
  int low = static_cast<int>(std::upper_bound(magnitudes.begin(), magnitudes.end(), magnitude) -
                             magnitudes.begin()) -
            1;
  const double below = magnitudes[low];
  const double above = low < last ? magnitudes[low + 1] : 2 * below - magnitudes[low - 1];
  // Both differences are exact: the operands share a binade or one of them is zero.
  const double down = magnitude - below, up = above - magnitude;
  int code = low;
  if (magnitude >= above || up < down || (up == down && low % 2 == 1)) code = low + 1;
  if (code > last) {  // infinity, or NaN where there is none
    if (d.specials == Definition::Fnuz) return code_count(d) / 2;
    return sign + last + 1;
  }
  if (d.specials == Definition::Fnuz) return code == 0 ? 0 : fnuz_sign + code;
  return sign + code;
}

// Values of all codes, the midpoints between neighbours, and what lies just beside each, in float32
// and in double.
std::vector<double> probing_values(const Definition& d) {
  const std::vector<double> magnitudes = finite_magnitudes(d);
  std::vector<double> points = magnitudes;
  for (std::size_t i = 0; i + 1 < magnitudes.size(); ++i)
    points.push_back((magnitudes[i] + magnitudes[i + 1]) / 2);
  const double largest = magnitudes.back();
  const double step = largest - magnitudes[magnitudes.size() - 2];
  for (const double beyond : {largest + step / 2, largest + step, 2 * largest, 1e30 * largest})
    points.push_back(beyond);
  std::vector<double> values;
  for (const double point : points) {
    const auto narrow = static_cast<float>(point);
    for (const double x :
         {point, std::nextafter(point, HUGE_VAL), std::nextafter(point, -1.0),
          double{std::nextafterf(narrow, HUGE_VALF)}, double{std::nextafterf(narrow, -1.0f)}}) {
      values.push_back(x);
      values.push_back(-x);
    }
  }
  return values;
}

bool same_bits(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

}  // namespace

TEST_SUITE("number_formats") {
  TEST_CASE("every code decodes to the value of its sign, exponent and mantissa") {
    for (const Definition& d : kDefinitions) {
      CAPTURE(float_format_info(d.format).name);
      int wrong = 0;
      for (int code = 0; code < code_count(d); ++code) {
        const double expected = value_of(d, code);
        const float decoded = decode_float(d.format, static_cast<std::uint16_t>(code));
        const bool is_right =
            std::isnan(expected)
                ? is_nan(decoded)
                : same_bits(decoded, static_cast<float>(expected)) &&
                      static_cast<double>(static_cast<float>(expected)) == expected;
        if (!is_right) ++wrong;
      }
      CHECK(wrong == 0);
    }
  }

  TEST_CASE("the table of formats agrees with the definitions") {
    for (const Definition& d : kDefinitions) {
      const FloatFormatInfo& info = float_format_info(d.format);
      CAPTURE(info.name);
      const auto magnitudes = finite_magnitudes(d);
      CHECK(info.bits == 1 + d.exponent_bits + d.mantissa_bits);
      CHECK(info.mantissa_bits == d.mantissa_bits);
      CHECK(info.largest + 1 == static_cast<int>(magnitudes.size()));
      CHECK(std::isnan(value_of(d, info.nan)));
      CHECK_FALSE(std::isfinite(value_of(d, info.overflow)));
    }
    CHECK(decode_float(FloatFormat::E4M3FN, 0x7E) == 448.0f);
    CHECK(decode_float(FloatFormat::E4M3FNUZ, 0x7F) == 240.0f);
    CHECK(decode_float(FloatFormat::E5M2, 0x7B) == 57344.0f);
    CHECK(decode_float(FloatFormat::E5M2FNUZ, 0x7F) == 57344.0f);
  }

  TEST_CASE("encoding takes the nearest number, ties to even, at every midpoint and beside it") {
    for (const Definition& d : kDefinitions) {
      CAPTURE(float_format_info(d.format).name);
      const auto magnitudes = finite_magnitudes(d);
      int wrong = 0, wrong_saturated = 0;
      for (const double x : probing_values(d)) {
        const int expected = nearest_code(d, magnitudes, x);
        if (encode_nearest_even(d.format, x) != expected) ++wrong;
        const bool overflows = !std::isfinite(value_of(d, expected));
        const int saturated =
            static_cast<int>(magnitudes.size()) - 1 + (std::signbit(x) ? code_count(d) / 2 : 0);
        if (encode_nearest_even(d.format, x, Overflow::Saturate) !=
            (overflows ? saturated : expected))
          ++wrong_saturated;
      }
      CHECK(wrong == 0);
      CHECK(wrong_saturated == 0);
    }
  }

  TEST_CASE("encoding agrees with a search on random numbers of every exponent") {
    std::mt19937_64 random(1);
    for (const Definition& d : kDefinitions) {
      CAPTURE(float_format_info(d.format).name);
      const auto magnitudes = finite_magnitudes(d);
      int wrong = 0;
      for (int i = 0; i < 100000; ++i) {
        double x = std::bit_cast<double>(random());
        if (i % 2 == 0) x = double{std::bit_cast<float>(static_cast<std::uint32_t>(random()))};
        if (!std::isfinite(x)) continue;
        if (encode_nearest_even(d.format, x) != nearest_code(d, magnitudes, x)) ++wrong;
      }
      CHECK(wrong == 0);
    }
  }

  TEST_CASE("a double is rounded once, not through float32") {
    // Just above the midpoint of 1 and the next half: through float32 it would become the tie.
    const double x = 1.0 + 0x1p-11 + 0x1p-40;
    CHECK(encode_nearest_even(FloatFormat::Float16, x) == 0x3C01);
    CHECK(encode_nearest_even(FloatFormat::Float16, static_cast<float>(x)) == 0x3C00);
  }

  TEST_CASE("every decoded number encodes to its own code") {
    for (const Definition& d : kDefinitions) {
      CAPTURE(float_format_info(d.format).name);
      int wrong = 0;
      for (int code = 0; code < code_count(d); ++code) {
        const auto bits = static_cast<std::uint16_t>(code);
        const float x = decode_float(d.format, bits);
        const std::uint16_t back = encode_nearest_even(d.format, double{x});
        // A NaN may gain its quiet bit.
        if (is_nan(x) ? !is_nan(decode_float(d.format, back)) : back != bits) ++wrong;
      }
      CHECK(wrong == 0);
    }
  }

  TEST_CASE("infinities and NaN follow the dialect and the overflow rule") {
    const double infinity = HUGE_VAL, nan = std::numeric_limits<double>::quiet_NaN();
    struct Row {
      FloatFormat format;
      int plus, minus, plus_saturated, minus_saturated, nan;
    };
    const Row rows[] = {
        {FloatFormat::Float16, 0x7C00, 0xFC00, 0x7BFF, 0xFBFF, 0x7E00},
        {FloatFormat::BFloat16, 0x7F80, 0xFF80, 0x7F7F, 0xFF7F, 0x7FC0},
        {FloatFormat::E4M3FN, 0x7F, 0xFF, 0x7E, 0xFE, 0x7F},
        {FloatFormat::E4M3FNUZ, 0x80, 0x80, 0x7F, 0xFF, 0x80},
        {FloatFormat::E5M2, 0x7C, 0xFC, 0x7B, 0xFB, 0x7E},
        {FloatFormat::E5M2FNUZ, 0x80, 0x80, 0x7F, 0xFF, 0x80},
    };
    for (const Row& row : rows) {
      CAPTURE(float_format_info(row.format).name);
      CHECK(encode_nearest_even(row.format, infinity) == row.plus);
      CHECK(encode_nearest_even(row.format, -infinity) == row.minus);
      CHECK(encode_nearest_even(row.format, infinity, Overflow::Saturate) == row.plus_saturated);
      CHECK(encode_nearest_even(row.format, -infinity, Overflow::Saturate) == row.minus_saturated);
      CHECK(encode_nearest_even(row.format, nan) == row.nan);
      CHECK(encode_nearest_even(row.format, nan, Overflow::Saturate) == row.nan);
      CHECK(encode_stochastic(row.format, infinity, 0) == row.plus);
      CHECK(encode_stochastic(row.format, nan, 0xFFFFFFFF) == row.nan);
    }
  }

  TEST_CASE("zero keeps its sign where the format has one") {
    for (const Definition& d : kDefinitions) {
      const int minus = d.specials == Definition::Fnuz ? 0 : code_count(d) / 2;
      CHECK(encode_nearest_even(d.format, 0.0) == 0);
      CHECK(encode_nearest_even(d.format, -0.0) == minus);
      CHECK(encode_nearest_even(d.format, -1e-300) == minus);
      CHECK(encode_stochastic(d.format, -0.0, 0) == minus);
    }
  }

  TEST_CASE("the branch-free encoders agree with the general one on every exponent and tie") {
    int wrong = 0;
    const auto check = [&](std::uint32_t bits) {
      const auto x = std::bit_cast<float>(bits);
      if (float32_to_float16(x) != encode_nearest_even(FloatFormat::Float16, double{x})) ++wrong;
      if (float32_to_bfloat16(x) != encode_nearest_even(FloatFormat::BFloat16, double{x})) ++wrong;
    };
    for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 2039)
      check(static_cast<std::uint32_t>(bits));
    for (const Definition& d : {kDefinitions[0], kDefinitions[1]})
      for (const double x : probing_values(d))
        check(std::bit_cast<std::uint32_t>(static_cast<float>(x)));
    CHECK(wrong == 0);
  }

  TEST_CASE("a signalling NaN of float16 decodes to a quiet one with its payload") {
    CHECK(std::bit_cast<std::uint32_t>(float16_to_float32(0x7C01)) == 0x7FC02000);
    CHECK(std::bit_cast<std::uint32_t>(float16_to_float32(0xFE03)) == 0xFFC06000);
  }

  TEST_CASE("conversions agree with PyTorch and ml_dtypes") {
    GoldenFile file("number_formats.bin");  // scripts/oracles/number_formats.py
    const auto inputs = file.take<float>(2048);
    for (const bool is_pytorch : {true, false}) {
      for (const Definition& d : kDefinitions) {
        CAPTURE(is_pytorch);
        CAPTURE(float_format_info(d.format).name);
        const auto expected = file.take<std::uint16_t>(inputs.size());
        const bool saturates = is_pytorch && d.format == FloatFormat::E4M3FN;
        int wrong = 0;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
          const std::uint16_t code = encode_nearest_even(
              d.format, double{inputs[i]}, saturates ? Overflow::Saturate : Overflow::Special);
          const bool both_nan =
              std::isnan(value_of(d, code)) && std::isnan(value_of(d, expected[i]));
          if (code != expected[i] && !both_nan) ++wrong;
        }
        CHECK(wrong == 0);
      }
    }
    CHECK(file.is_at_end());
  }
}

TEST_SUITE("stochastic_rounding") {
  TEST_CASE("over all random words the mean is the value itself") {
    constexpr int kBits = 14;  // of the random word that matter for these fractions
    std::mt19937 random(2);
    for (const Definition& d : kDefinitions) {
      CAPTURE(float_format_info(d.format).name);
      const auto magnitudes = finite_magnitudes(d);
      for (int trial = 0; trial < 40; ++trial) {
        const std::size_t low = trial == 0 ? 0 : random() % (magnitudes.size() - 1);
        const double below = magnitudes[low], above = magnitudes[low + 1];
        const int fraction = trial == 1   ? 1
                             : trial == 2 ? (1 << kBits) - 1
                                          : random() % (1 << kBits);
        const double magnitude = below + (above - below) * std::ldexp(fraction, -kBits);
        const double x = trial % 2 == 0 ? magnitude : -magnitude;
        std::int64_t above_count = 0;
        bool is_neighbour = true;
        for (std::uint32_t word = 0; word < (1u << kBits); ++word) {
          // The low bits of the word must not matter.
          const std::uint32_t bits = word << (32 - kBits) | (random() >> kBits);
          const double rounded = std::fabs(value_of(d, encode_stochastic(d.format, x, bits)));
          is_neighbour = is_neighbour && (rounded == below || rounded == above);
          above_count += rounded == above ? 1 : 0;
        }
        CHECK(is_neighbour);
        // mean = below + step * above_count / 2^k; equal to |x| exactly when the counts are.
        CHECK(above_count == fraction);
      }
    }
  }

  TEST_CASE("the threshold is exact to the last of the 32 bits") {
    const double step = 0x1p-10;  // of float16 above 1
    for (const std::uint32_t fraction : {1u, 2u, 0x80000000u, 0xFFFFFFFFu, 0x12345678u}) {
      const double x = 1.0 + step * std::ldexp(fraction, -32);
      CHECK(encode_stochastic(FloatFormat::Float16, x, fraction - 1) == 0x3C01);
      CHECK(encode_stochastic(FloatFormat::Float16, x, fraction) == 0x3C00);
    }
    // Far below the smallest subnormal: 2^-31 of it rounds up for two words in 2^32.
    for (const Definition& d : kDefinitions) {
      const double smallest = value_of(d, 1);
      CHECK(encode_stochastic(d.format, std::ldexp(smallest, -31), 1) == 1);
      CHECK(encode_stochastic(d.format, std::ldexp(smallest, -31), 2) == 0);
      CHECK(encode_stochastic(d.format, std::ldexp(smallest, -33), 0) == 0);
      CHECK(encode_stochastic(d.format, std::ldexp(smallest, -200), 0) == 0);
    }
  }

  TEST_CASE("numbers of the format never move") {
    for (const Definition& d : kDefinitions) {
      CAPTURE(float_format_info(d.format).name);
      int moved = 0;
      for (int code = 0; code < code_count(d); ++code) {
        const double x = value_of(d, code);
        if (!std::isfinite(x)) continue;
        for (const std::uint32_t bits : {0u, 1u, 0x7FFFFFFFu, 0xFFFFFFFFu})
          if (encode_stochastic(d.format, x, bits) != code) ++moved;
      }
      CHECK(moved == 0);
    }
  }

  TEST_CASE("above the largest number it saturates or overflows as asked") {
    const double x = 448.0 + 8.0;  // a quarter of the step to 480, which E4M3FN does not have
    CHECK(encode_stochastic(FloatFormat::E4M3FN, x, 0) == 0x7F);
    CHECK(encode_stochastic(FloatFormat::E4M3FN, x, 0xFFFFFFFF) == 0x7E);
    CHECK(encode_stochastic(FloatFormat::E4M3FN, x, 0, Overflow::Saturate) == 0x7E);
    CHECK(encode_stochastic(FloatFormat::E4M3FN, -1e9, 0, Overflow::Saturate) == 0xFE);
  }

  TEST_CASE("rounding a row in pieces draws the same numbers") {
    const tenon::RandomStream stream(7, "rounding");
    std::vector<float> whole(101);
    for (std::size_t i = 0; i < whole.size(); ++i)
      whole[i] = std::sin(0.1f + static_cast<float>(i));
    std::vector<float> pieces = whole;
    const std::vector<float> original = whole;
    round_stochastic(FloatFormat::E5M2, whole, stream, 1000);
    const std::span<float> span(pieces);
    round_stochastic(FloatFormat::E5M2, span.first(33), stream, 1000);
    round_stochastic(FloatFormat::E5M2, span.subspan(33), stream, 1033);
    CHECK(whole == pieces);
    CHECK(whole != original);
  }

  TEST_CASE("a long row keeps its mean where nearest rounding loses it") {
    // 1 + 1/8 of a step: nearest always gives 1. Standard error of the mean: step * sqrt(7)/8 /
    // sqrt(n).
    constexpr int kCount = 1 << 16;
    const float step = 0x1p-3f;
    std::vector<float> values(kCount, 1.0f + step / 8), nearest = values;
    round_stochastic(FloatFormat::E4M3FN, values, tenon::RandomStream(3, "rounding"));
    round_nearest_even(FloatFormat::E4M3FN, nearest);
    double mean = 0;
    for (const float value : values) mean += double{value} / kCount;
    CHECK(std::fabs(mean - (1.0 + step / 8)) < 5 * step * std::sqrt(7.0) / 8 / std::sqrt(kCount));
    CHECK(std::all_of(nearest.begin(), nearest.end(), [](float x) { return x == 1.0f; }));
  }
}
