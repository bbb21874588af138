#include "generation/slots.h"

#include <algorithm>

#include "base/error.h"
#include "generation/common_prefix.h"

namespace tenon::generation {

namespace {

// Fewer tokens are computed along with the rest of a pass sooner than waited for.
constexpr std::size_t kWorthWaiting = 16;

// The last token of a prompt is always computed: its logits begin the answer.
std::size_t usable_prefix(std::span<const std::int32_t> computed,
                          std::span<const std::int32_t> prompt) {
  return common_prefix(computed, prompt.first(prompt.size() - 1));
}

}  // namespace

Slots::Slots(const models::LanguageModel& model, const GeneratorOptions& options)
    : model_(model),
      state_options_(options.state),
      shares_prefixes_(options.shares_prefixes),
      slots_(static_cast<std::size_t>(options.parallel)) {}

bool Slots::has_idle() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.is_idle(); });
}

bool Slots::has_active() const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [](const Slot& slot) { return !slot.is_idle(); });
}

std::size_t Slots::place(std::shared_ptr<Sequence> sequence) {
  const std::vector<std::int32_t>& prompt = sequence->request().prompt;
  const Beginning beginning = best_beginning(prompt);
  Slot& slot = slot_to_fill(beginning);
  begin(slot, beginning, prompt);
  slot.sequence = std::move(sequence);
  slot.arrival = ++arrivals_;
  await_better(slot, beginning.length);
  return beginning.length;
}

Slots::Beginning Slots::best_beginning(std::span<const std::int32_t> prompt) {
  Beginning best;
  if (!shares_prefixes_) return best;
  for (const Prefix& prefix : prefixes_) {
    const std::size_t length = usable_prefix(prefix.tokens, prompt);
    if (length > best.length) best = {prefix.state.get(), nullptr, length};
  }
  for (Slot& slot : slots_) {
    const std::size_t length = usable_prefix(slot.computed, prompt);
    // An idle slot of the same length is better than a copy: its state is simply continued.
    const bool is_better =
        length > best.length || (length == best.length && length > 0 && slot.is_idle() &&
                                 (best.slot == nullptr || !best.slot->is_idle()));
    if (is_better) best = {slot.state.get(), &slot, length};
  }
  return best;
}

void Slots::await_better(Slot& slot, std::size_t length) {
  slot.awaited = nullptr;
  if (!shares_prefixes_) return;
  std::size_t best = length + kWorthWaiting - 1;
  for (const Slot& other : slots_) {
    if (&other == &slot || other.is_idle() || other.is_generating()) continue;
    const std::size_t common =
        usable_prefix(other.sequence->request().prompt, slot.sequence->request().prompt);
    if (common <= best) continue;
    best = common;
    slot.awaited = &other;
    slot.awaited_length = common;
  }
}

// An idle state is continued where that keeps most of it; a short common beginning is copied instead, so
// that the rest stays for prompts to come. Else the state that has waited longest gives way.
Slot& Slots::slot_to_fill(const Beginning& beginning) {
  Slot* const own =
      beginning.slot != nullptr && beginning.slot->is_idle() ? beginning.slot : nullptr;
  if (own != nullptr && 2 * beginning.length >= own->computed.size()) return *own;
  Slot* oldest = nullptr;
  for (Slot& slot : slots_) {
    const bool is_free = slot.is_idle() && &slot != own;
    if (is_free && (oldest == nullptr || slot.arrival < oldest->arrival)) oldest = &slot;
  }
  if (oldest == nullptr) oldest = own;
  TENON_CHECK(oldest != nullptr);
  return *oldest;
}

void Slots::begin(Slot& slot, const Beginning& beginning, std::span<const std::int32_t> prompt) {
  const auto length = static_cast<std::int32_t>(beginning.length);
  if (beginning.slot == &slot) {
    slot.state->truncate(length);
  } else if (length > 0) {
    slot.state = nullptr;  // first, so that the old and the new are not held at once
    slot.state = beginning.state->fork(length);
  } else if (slot.state != nullptr) {
    slot.state->truncate(0);
  } else {
    slot.state = model_.make_state(state_options_);
  }
  const auto kept = prompt.first(beginning.length);
  slot.computed.assign(kept.begin(), kept.end());
}

std::size_t Slots::copy_awaited() {
  std::size_t copied = 0;
  for (Slot& slot : slots_) {
    if (slot.is_idle() || !slot.is_waiting()) continue;
    const std::vector<std::int32_t>& prompt = slot.sequence->request().prompt;
    const Slot& other = *slot.awaited;
    if (usable_prefix(other.computed, prompt) >= slot.awaited_length) {
      copied += slot.awaited_length - slot.computed.size();
      begin(slot, {other.state.get(), nullptr, slot.awaited_length}, prompt);
      slot.awaited = nullptr;
    } else if (other.is_idle()) {
      slot.awaited = nullptr;  // it ended early; this one computes its prompt itself
    }
  }
  return copied;
}

void Slots::release_finished() {
  for (Slot& slot : slots_)
    if (!slot.is_idle() && slot.sequence->is_finished()) slot.sequence = nullptr;
}

void Slots::abandon() {
  for (Slot& slot : slots_)
    if (!slot.is_idle()) slot = Slot{};
}

std::vector<Slot*> Slots::active() {
  std::vector<Slot*> result;
  for (Slot& slot : slots_)
    if (!slot.is_idle()) result.push_back(&slot);
  std::sort(result.begin(), result.end(),
            [](const Slot* a, const Slot* b) { return a->arrival < b->arrival; });
  return result;
}

std::unique_ptr<models::State> Slots::take_state(std::span<const std::int32_t> prompt) {
  for (Slot& slot : slots_) {
    if (!slot.is_idle() || slot.state == nullptr) continue;
    if (common_prefix(slot.computed, prompt) < prompt.size()) continue;
    slot.state->truncate(static_cast<std::int32_t>(prompt.size()));
    slot.computed.clear();
    return std::move(slot.state);
  }
  return nullptr;
}

}  // namespace tenon::generation
