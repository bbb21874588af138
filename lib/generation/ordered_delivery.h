#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>

#include "base/error.h"
#include "generation/generator.h"
#include "generation/sequence.h"

namespace tenon::generation {

/// Hands what happened to an observer in the order in which sequences and failures were added, however the
/// sequences overtake one another.
class OrderedDelivery {
 public:
  explicit OrderedDelivery(GenerationObserver& observer) : observer_(observer) {}

  void add(std::shared_ptr<const Sequence> sequence);
  void add_failure(std::size_t request, const Error& error);
  /// Passes on all whose turn has come.
  void deliver();

 private:
  struct Entry {
    std::shared_ptr<const Sequence> sequence;  // null: a failure
    std::size_t text_bytes = 0;                // handed on so far
    std::size_t request = 0;
    std::optional<Error> error;
  };
  bool deliver_first();

  GenerationObserver& observer_;
  std::deque<Entry> entries_;
};

}  // namespace tenon::generation
