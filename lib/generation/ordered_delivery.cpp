#include "generation/ordered_delivery.h"

#include <utility>

namespace tenon::generation {

void OrderedDelivery::add(std::shared_ptr<const Sequence> sequence) {
  const std::size_t request = sequence->completion().request;
  entries_.push_back(
      {.sequence = std::move(sequence), .text_bytes = 0, .request = request, .error = {}});
}

void OrderedDelivery::add_failure(std::size_t request, const Error& error) {
  entries_.push_back({.sequence = nullptr, .text_bytes = 0, .request = request, .error = error});
}

void OrderedDelivery::deliver() {
  while (!entries_.empty() && deliver_first()) entries_.pop_front();
}

bool OrderedDelivery::deliver_first() {
  Entry& entry = entries_.front();
  if (entry.error) {
    observer_.failed(entry.request, *entry.error);
    return true;
  }
  const Completion& completion = entry.sequence->completion();
  if (completion.text.size() > entry.text_bytes) {
    observer_.text(entry.request, completion.sample,
                   std::string_view(completion.text).substr(entry.text_bytes));
    entry.text_bytes = completion.text.size();
  }
  if (!entry.sequence->is_finished()) return false;
  observer_.completed(completion);
  return true;
}

}  // namespace tenon::generation
