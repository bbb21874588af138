#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "generation/generator.h"
#include "generation/sequence.h"
#include "models/language/language_model.h"

namespace tenon::generation {

/// A place where one answer grows. It keeps the state of the last one until the next moves in, because
/// the next prompt may begin alike.
struct Slot {
  std::unique_ptr<models::State> state;
  std::vector<std::int32_t> computed;  // the tokens of the state's committed positions
  std::shared_ptr<Sequence> sequence;  // null: idle
  std::uint64_t arrival = 0;           // rises with every sequence that moves into any slot
  /// A slot that is computing a prefix of this sequence's prompt, to be copied when it is done.
  const Slot* awaited = nullptr;
  std::size_t awaited_length = 0;

  bool is_idle() const { return sequence == nullptr; }
  bool is_waiting() const { return awaited != nullptr; }
  /// Tokens that wait to be computed.
  std::span<const std::int32_t> remaining() const {
    return std::span<const std::int32_t>(sequence->tokens()).subspan(computed.size());
  }
  /// The answer has begun: every pass computes its last token.
  bool is_generating() const { return computed.size() >= sequence->request().prompt.size(); }
};

/// All slots, and how a sequence finds its place with as much of its prompt computed as can be had.
class Slots {
 public:
  Slots(const models::LanguageModel& model, const GeneratorOptions& options);

  void add_prefix(Prefix prefix) { prefixes_.push_back(std::move(prefix)); }
  bool has_idle() const;
  bool has_active() const;
  /// Moves a sequence into an idle slot, which there must be. Returns how many tokens of its prompt it
  /// need not compute.
  std::size_t place(std::shared_ptr<Sequence> sequence);
  /// Copies awaited prefixes that have been computed. Returns how many tokens those are.
  std::size_t copy_awaited();
  /// Empties the slots whose sequence has finished; their states stay.
  void release_finished();
  /// After a run that an exception ended: forgets the sequences and what was computed of them.
  void abandon();
  /// Active slots, longest there first.
  std::vector<Slot*> active();
  /// See Generator::take_state.
  std::unique_ptr<models::State> take_state(std::span<const std::int32_t> prompt);

 private:
  /// Computed tokens to go on from.
  struct Beginning {
    const models::State* state = nullptr;
    Slot* slot = nullptr;  // where the state is, if in a slot
    std::size_t length = 0;
  };
  Beginning best_beginning(std::span<const std::int32_t> prompt);
  void await_better(Slot& slot, std::size_t length);
  Slot& slot_to_fill(const Beginning& beginning);
  void begin(Slot& slot, const Beginning& beginning, std::span<const std::int32_t> prompt);

  const models::LanguageModel& model_;
  models::StateOptions state_options_;
  bool shares_prefixes_;
  std::uint64_t arrivals_ = 0;
  std::vector<Slot> slots_;
  std::vector<Prefix> prefixes_;
};

}  // namespace tenon::generation
