#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "sampling/sampler_chain.h"

namespace tenon::sampling {

namespace {

using Naming = SamplingOptions::Naming;

std::string name_of(std::string_view flag, Naming naming) {
  if (naming == Naming::Flags) return "--" + std::string(flag);
  std::string key(flag);
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

template <typename Number>
std::string shown(Number value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

/// Checks one option after another; `name` and `value` are for the message.
class Checker {
 public:
  explicit Checker(Naming naming) : naming_(naming) {}

  template <typename Number>
  void require(bool holds, std::string_view flag, Number value, std::string_view rule) const {
    if (holds) return;
    throw Error(ErrorKind::Usage, name_of(flag, naming_) + " is " + shown(value) + ", it must be " +
                                      std::string(rule));
  }

  template <typename Number>
  void refuse_at_temperature_zero(bool is_set, std::string_view flag, Number value) const {
    if (!is_set) return;
    throw Error(ErrorKind::Usage,
                name_of(flag, naming_) + " " + shown(value) +
                    " has no effect at temperature 0, which always takes the most "
                    "probable token")
        .hint(std::string("set a temperature too: ") +
              (naming_ == Naming::Flags ? "--temperature 0.8" : "\"temperature\": 0.8"));
  }

  std::string name(std::string_view flag) const { return name_of(flag, naming_); }

 private:
  Naming naming_;
};

void check_ranges(const SamplingOptions& options, const Checker& check) {
  const auto finite = [](double value) { return std::isfinite(value); };
  const auto share = [](double value) { return value > 0.0 && value <= 1.0; };
  constexpr std::string_view kShare = "above 0 and at most 1";
  constexpr std::string_view kCount = "a whole number from 0 to 2147483647";
  const auto count = [](std::int64_t value) {
    return value >= 0 && value <= std::numeric_limits<std::int32_t>::max();
  };
  check.require(finite(options.temperature) && options.temperature >= 0.0, "temperature",
                options.temperature, "a finite number from 0");
  check.require(count(options.top_k), "top-k", options.top_k, kCount);
  check.require(share(options.typical_p), "typical-p", options.typical_p, kShare);
  check.require(share(options.top_p), "top-p", options.top_p, kShare);
  check.require(options.min_p >= 0.0 && options.min_p <= 1.0, "min-p", options.min_p,
                "from 0 to 1");
  check.require(finite(options.repeat_penalty) && options.repeat_penalty > 0.0, "repeat-penalty",
                options.repeat_penalty, "a finite number above 0");
  check.require(finite(options.presence_penalty), "presence-penalty", options.presence_penalty,
                "a finite number");
  check.require(finite(options.frequency_penalty), "frequency-penalty", options.frequency_penalty,
                "a finite number");
  check.require(count(options.penalty_window), "penalty-window", options.penalty_window, kCount);
}

void check_logit_bias(const SamplingOptions& options, const Checker& check) {
  std::vector<std::int32_t> tokens;
  for (const auto& [token, value] : options.logit_bias) {
    check.require(token >= 0, "logit-bias", token, "of a token id, a whole number from 0");
    check.require(!std::isnan(value) && value < HUGE_VAL, "logit-bias", value, "a number or -inf");
    tokens.push_back(token);
  }
  std::sort(tokens.begin(), tokens.end());
  const auto twice = std::adjacent_find(tokens.begin(), tokens.end());
  if (twice != tokens.end())
    throw Error(ErrorKind::Usage,
                check.name("logit-bias") + " names token " + std::to_string(*twice) + " twice");
}

}  // namespace

void SamplingOptions::validate(Naming naming) const {
  const Checker check(naming);
  check_ranges(*this, check);
  check_logit_bias(*this, check);
  if (temperature == 0.0) {
    check.refuse_at_temperature_zero(top_k != 0, "top-k", top_k);
    check.refuse_at_temperature_zero(typical_p != 1.0, "typical-p", typical_p);
    check.refuse_at_temperature_zero(top_p != 1.0, "top-p", top_p);
    check.refuse_at_temperature_zero(min_p != 0.0, "min-p", min_p);
  }
  if (penalty_window != SamplingOptions{}.penalty_window && !has_penalties())
    throw Error(ErrorKind::Usage, check.name("penalty-window") + " " + shown(penalty_window) +
                                      " has no effect without a penalty")
        .hint("set one too: " + check.name("repeat-penalty") + ", " +
              check.name("presence-penalty") + " or " + check.name("frequency-penalty"));
}

}  // namespace tenon::sampling
