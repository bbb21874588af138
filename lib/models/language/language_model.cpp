#include "models/language/language_model.h"

namespace tenon::models {

void append_chain(Batch& batch, std::int32_t sequence, std::span<const std::int32_t> tokens,
                  bool all_logits) {
  for (std::size_t i = 0; i < tokens.size(); ++i)
    batch.push_back(
        {.token = tokens[i],
         .parent = i == 0 ? BatchRow::kAfterCommitted : static_cast<std::int32_t>(batch.size()) - 1,
         .sequence = sequence,
         .wants_logits = all_logits || i + 1 == tokens.size()});
}

}  // namespace tenon::models
