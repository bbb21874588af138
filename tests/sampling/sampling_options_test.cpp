#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "sampling/sampler_chain.h"
#include "sampling/sampling_flags.h"

using namespace tenon;
using namespace tenon::sampling;

namespace {

std::string complaint(const SamplingOptions& options,
                      SamplingOptions::Naming naming = SamplingOptions::Naming::Flags) {
  try {
    options.validate(naming);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::Usage);
    return error.message();
  }
  return {};
}

/// Remembers what was registered.
class ListedOptions : public OptionRegistry {
 public:
  std::vector<std::string> names;
  void add(const OptionSpec& spec, bool&) override { names.push_back(spec.name); }
  void add(const OptionSpec& spec, std::int64_t&) override { names.push_back(spec.name); }
  void add(const OptionSpec& spec, double&) override { names.push_back(spec.name); }
  void add(const OptionSpec& spec, std::string&) override { names.push_back(spec.name); }
  void add(const OptionSpec& spec, std::vector<std::string>&) override {
    names.push_back(spec.name);
  }
  void add_bytes(const OptionSpec& spec, std::int64_t&) override { names.push_back(spec.name); }
  void add_seconds(const OptionSpec& spec, double&) override { names.push_back(spec.name); }
};

}  // namespace

TEST_SUITE_BEGIN("sampling");

TEST_CASE("values out of range are refused, naming the option, the value and the rule") {
  CHECK(complaint({}).empty());
  CHECK(complaint({.temperature = 1.0, .top_p = 1.5}) ==
        "--top-p is 1.5, it must be above 0 and at most 1");
  CHECK(complaint({.temperature = 1.0, .top_p = 0.0}) ==
        "--top-p is 0, it must be above 0 and at most 1");
  CHECK(complaint({.temperature = 1.0, .typical_p = -0.5}) ==
        "--typical-p is -0.5, it must be above 0 and at most 1");
  CHECK(complaint({.temperature = 1.0, .min_p = 1.01}) ==
        "--min-p is 1.01, it must be from 0 to 1");
  CHECK(complaint({.temperature = -1.0}) ==
        "--temperature is -1, it must be a finite number from 0");
  CHECK(complaint({.temperature = HUGE_VAL}) ==
        "--temperature is inf, it must be a finite number from 0");
  CHECK(complaint({.temperature = std::nan("")}) ==
        "--temperature is nan, it must be a finite number from 0");
  CHECK(complaint({.temperature = 1.0, .top_k = -1}) ==
        "--top-k is -1, it must be a whole number from 0 to 2147483647");
  CHECK(complaint({.repeat_penalty = 0.0}) ==
        "--repeat-penalty is 0, it must be a finite number above 0");
  CHECK(complaint({.presence_penalty = HUGE_VAL}) ==
        "--presence-penalty is inf, it must be a finite number");
  CHECK(complaint({.frequency_penalty = std::nan("")}) ==
        "--frequency-penalty is nan, it must be a finite number");
  CHECK(complaint({.repeat_penalty = 2.0, .penalty_window = -64}) ==
        "--penalty-window is -64, it must be a whole number from 0 to 2147483647");
  CHECK(complaint({.logit_bias = {{5, 1.0}, {7, 1.0}, {5, 2.0}}}) ==
        "--logit-bias names token 5 twice");
  CHECK(complaint({.logit_bias = {{5, HUGE_VAL}}}) ==
        "--logit-bias is inf, it must be a number or -inf");
}

TEST_CASE("options without effect are refused rather than ignored") {
  CHECK(complaint({.top_p = 0.9}) ==
        "--top-p 0.9 has no effect at temperature 0, which always takes the most probable token");
  CHECK(complaint({.top_k = 40}).starts_with("--top-k 40 has no effect at temperature 0"));
  CHECK(complaint({.min_p = 0.1}).starts_with("--min-p 0.1 has no effect at temperature 0"));
  CHECK(complaint({.typical_p = 0.5}).starts_with("--typical-p 0.5 has no effect"));
  CHECK(complaint({.penalty_window = 10}) == "--penalty-window 10 has no effect without a penalty");
  CHECK(complaint({.repeat_penalty = 1.1, .penalty_window = 10}).empty());
}

TEST_CASE("messages name the keys of records where records are checked") {
  CHECK(complaint({.temperature = 1.0, .top_p = 1.5}, SamplingOptions::Naming::Keys) ==
        "top_p is 1.5, it must be above 0 and at most 1");
}

TEST_CASE("a logit bias is written token=value") {
  CHECK(parse_logit_bias("123=-2.5") == std::pair<std::int32_t, double>{123, -2.5});
  CHECK(parse_logit_bias("0=+1e1") == std::pair<std::int32_t, double>{0, 10.0});
  CHECK(parse_logit_bias("7=-inf") == std::pair<std::int32_t, double>{7, -HUGE_VAL});
  for (const char* wrong : {"", "=", "5", "5=", "=1", "-5=1", "x=1", "5=x", "5=1x", "5=nan",
                            "5=inf", "5 =1", "5=++1", "99999999999=1"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(parse_logit_bias(wrong), Error);
  }
  CHECK_THROWS_WITH_AS(parse_logit_bias("the=1"),
                       "--logit-bias \"the=1\": the token must be an id, a whole number from 0",
                       Error);
}

TEST_CASE("flags resolve to options with seed and biases") {
  SamplingFlags flags;
  flags.options.temperature = 0.8;
  flags.logit_bias = {"3=1", "4=-inf"};
  const SamplingOptions options = flags.resolve(42);
  CHECK(options.seed == 42);
  CHECK(options.temperature == 0.8);
  CHECK(options.logit_bias ==
        std::vector<std::pair<std::int32_t, double>>{{3, 1.0}, {4, -HUGE_VAL}});
  flags.options.top_p = 2.0;
  CHECK_THROWS_AS(flags.resolve(0), Error);
}

TEST_CASE("every option of the chain but the seed has its flag") {
  ListedOptions listed;
  SamplingFlags flags;
  register_options(listed, flags);
  CHECK(listed.names == std::vector<std::string>{"--temperature", "--top-k", "--top-p", "--min-p",
                                                 "--typical-p", "--repeat-penalty",
                                                 "--presence-penalty", "--frequency-penalty",
                                                 "--penalty-window", "--logit-bias"});
}

TEST_SUITE_END();
