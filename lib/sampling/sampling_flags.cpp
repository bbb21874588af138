#include "sampling/sampling_flags.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace tenon::sampling {

std::pair<std::int32_t, double> parse_logit_bias(const std::string& text) {
  const auto refuse = [&](const std::string& what) {
    return Error(ErrorKind::Usage, "--logit-bias " + quoted(text) + ": " + what)
        .hint(
            "write TOKEN=VALUE, as 198=-5 or 2=-inf; tenon-model tokenize shows the ids of a text");
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) throw refuse("there is no = between token and value");

  std::int32_t token = 0;
  const char* const begin = text.data();
  const char* const middle = begin + equals;
  const auto read_token = std::from_chars(begin, middle, token);
  if (read_token.ec != std::errc() || read_token.ptr != middle || token < 0)
    throw refuse("the token must be an id, a whole number from 0");

  double value = 0.0;
  const char* first = middle + 1;
  const char* const end = begin + text.size();
  if (first != end && *first == '+') ++first;  // +2.5, which from_chars does not take
  const auto read_value = std::from_chars(first, end, value);
  if (read_value.ec != std::errc() || read_value.ptr != end || std::isnan(value) ||
      value == HUGE_VAL)
    throw refuse("the value must be a number or -inf");
  return {token, value};
}

SamplingOptions SamplingFlags::resolve(std::uint64_t seed) const {
  SamplingOptions resolved = options;
  resolved.seed = seed;
  for (const std::string& text : logit_bias) resolved.logit_bias.push_back(parse_logit_bias(text));
  resolved.validate();
  return resolved;
}

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kMostTokens = 2147483647;

OptionSpec spec(std::string name, std::string value, std::string help, double minimum = -kInfinity,
                double maximum = kInfinity) {
  return {.name = std::move(name),
          .group = "Sampling",
          .help = std::move(help),
          .value = std::move(value),
          .minimum = minimum,
          .maximum = maximum};
}

OptionSpec common(OptionSpec spec) {
  spec.is_common = true;
  return spec;
}

void register_cuts(OptionRegistry& registry, SamplingOptions& options) {
  registry.add(
      common(spec("--temperature", "T",
                  "divide the logits by T before drawing; 0 takes the most probable token", 0.0)),
      options.temperature);
  registry.add(common(spec("--top-k", "K", "draw from the K most probable tokens; 0 from all", 0.0,
                           kMostTokens)),
               options.top_k);
  registry.add(common(spec("--top-p", "P",
                           "draw from the smallest set of most probable tokens that holds P of the "
                           "probability",
                           0.0, 1.0)),
               options.top_p);
  registry.add(spec("--min-p", "P", "drop tokens less probable than P times the most probable one",
                    0.0, 1.0),
               options.min_p);
  registry.add(spec("--typical-p", "P",
                    "draw from the tokens whose surprise is nearest to the expected one, P of the "
                    "probability",
                    0.0, 1.0),
               options.typical_p);
}

void register_penalties(OptionRegistry& registry, SamplingOptions& options) {
  registry.add(
      spec("--repeat-penalty", "X",
           "divide positive logits of tokens seen lately by X, multiply negative ones", 0.0),
      options.repeat_penalty);
  registry.add(spec("--presence-penalty", "X", "subtract X from the logits of tokens seen lately"),
               options.presence_penalty);
  registry.add(spec("--frequency-penalty", "X",
                    "subtract X from the logit of a token for every time it was seen lately"),
               options.frequency_penalty);
  registry.add(
      spec("--penalty-window", "N",
           "tokens back, prompt included, that the penalties count as lately; 0 counts all", 0.0,
           kMostTokens),
      options.penalty_window);
}

}  // namespace

void register_options(OptionRegistry& registry, SamplingFlags& flags) {
  register_cuts(registry, flags.options);
  register_penalties(registry, flags.options);
  registry.add(spec("--logit-bias", "ID=X", "add X to the logit of token ID, -inf bans it"),
               flags.logit_bias);
}

}  // namespace tenon::sampling
