#include "sampling/logit_bias.h"

#include <string>

#include "base/error.h"

namespace tenon::sampling {

void add_logit_bias(std::span<const std::pair<std::int32_t, double>> bias,
                    std::span<float> logits) {
  for (const auto& [token, value] : bias) {
    if (token < 0 || static_cast<std::size_t>(token) >= logits.size())
      throw Error(ErrorKind::Usage, "the logit bias names token " + std::to_string(token) +
                                        ", the last of this vocabulary is " +
                                        std::to_string(logits.size() - 1))
          .hint("tenon-model tokenize shows the ids of a text");
    float& logit = logits[static_cast<std::size_t>(token)];
    logit = static_cast<float>(logit + value);
  }
}

}  // namespace tenon::sampling
