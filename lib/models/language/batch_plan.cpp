#include "models/language/batch_plan.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/error.h"

namespace tenon::models {

using attention::KeyValueCacheShape;

namespace {

bool is_same_model(const KeyValueCacheShape& a, const KeyValueCacheShape& b) {
  return a.layers == b.layers && a.kv_heads == b.kv_heads && a.head_dim == b.head_dim;
}

[[noreturn]] void refuse_row(std::size_t row, const std::string& reason) {
  throw Error(ErrorKind::Internal, "row " + std::to_string(row) + " of the batch " + reason);
}

// All prefix: position p in cell p, and so are all it sees.
bool is_contiguous(const PlannedRow& row) {
  return row.prefix == row.position + 1;
}

}  // namespace

void BatchPlan::build(const Batch& batch, std::span<State* const> states,
                      const KeyValueCacheShape& shape, std::int64_t vocab) {
  if (batch.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    throw Error(ErrorKind::Resource, "a batch of that many rows cannot be computed");
  take_states(states, shape);
  check_rows(batch, vocab);
  for (std::size_t i = 0; i < states_.size(); ++i) states_[i]->reserve(rows_of_sequence_[i]);
  place(batch);
}

void BatchPlan::take_states(std::span<State* const> states, const KeyValueCacheShape& shape) {
  states_.clear();
  for (std::size_t i = 0; i < states.size(); ++i) {
    const std::string name = "the state of sequence " + std::to_string(i);
    auto* state = dynamic_cast<KeyValueState*>(states[i]);
    if (state == nullptr || !is_same_model(state->cache().shape(), shape))
      throw Error(ErrorKind::Internal, name + " is not of this model");
    if (std::ranges::find(states_, state) != states_.end())
      throw Error(ErrorKind::Internal, name + " is also that of another sequence");
    if (state->pending() > 0)
      throw Error(ErrorKind::Internal,
                  name + " still has " + std::to_string(state->pending()) + " pending rows")
          .hint("commit the last batch first");
    states_.push_back(state);
  }
}

void BatchPlan::check_rows(const Batch& batch, std::int64_t vocab) {
  rows_of_sequence_.assign(states_.size(), 0);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const BatchRow& row = batch[i];
    if (row.token < 0 || row.token >= vocab)
      throw Error(ErrorKind::Input, "token " + std::to_string(row.token) +
                                        " is outside the vocabulary of " + std::to_string(vocab))
          .hint("token ids are 0 to " + std::to_string(vocab - 1));
    if (row.sequence < 0 || row.sequence >= sequences())
      refuse_row(i, "is of sequence " + std::to_string(row.sequence) + ", there are " +
                        std::to_string(sequences()));
    ++rows_of_sequence_[static_cast<std::size_t>(row.sequence)];
    if (row.parent == BatchRow::kAfterCommitted) continue;
    if (row.parent < 0 || static_cast<std::size_t>(row.parent) >= i)
      refuse_row(i,
                 "follows row " + std::to_string(row.parent) + ", which does not come before it");
    if (batch[static_cast<std::size_t>(row.parent)].sequence != row.sequence)
      refuse_row(i, "follows row " + std::to_string(row.parent) + ", which is of another sequence");
  }
}

void BatchPlan::place(const Batch& batch) {
  rows_.resize(batch.size());
  logit_rows_ = hidden_rows_ = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    PlannedRow& row = rows_[i];
    row = {.token = batch[i].token, .sequence = batch[i].sequence, .parent = batch[i].parent};
    KeyValueState& state = this->state(row.sequence);
    const PlannedRow* parent =
        row.parent < 0 ? nullptr : &rows_[static_cast<std::size_t>(row.parent)];
    row.position = parent == nullptr ? state.length() : parent->position + 1;
    row.pending =
        state.add_pending(static_cast<std::int32_t>(i), parent == nullptr ? -1 : parent->pending);
    row.cell = state.length() + row.pending;
    if (parent != nullptr && !is_contiguous(*parent))
      row.prefix = parent->prefix;
    else
      row.prefix = row.position + (row.cell == row.position ? 1 : 0);
    if (batch[i].wants_logits) row.logits_index = logit_rows_++;
    if (batch[i].wants_hidden) row.hidden_index = hidden_rows_++;
  }
}

void BatchPlan::gather_tails(std::int32_t begin, std::int32_t end) {
  tails_.clear();
  for (std::int32_t i = begin; i < end; ++i)
    if (!is_contiguous(rows_[static_cast<std::size_t>(i)])) gather_tail(i, begin);
}

void BatchPlan::gather_tail(std::int32_t index, std::int32_t begin) {
  PlannedRow& row = rows_[static_cast<std::size_t>(index)];
  const std::size_t end = tails_.size();
  row.tail_size = row.position + 1 - row.prefix;
  if (row.parent >= begin) {
    const PlannedRow& parent = rows_[static_cast<std::size_t>(row.parent)];
    if (parent.tail_size > 0 &&
        parent.tail_begin + static_cast<std::size_t>(parent.tail_size) == end) {
      row.tail_begin = parent.tail_begin;  // a chain shares its tail with the row it goes on from
      tails_.push_back(row.cell);
      return;
    }
  }
  row.tail_begin = end;
  for (std::int32_t i = index, left = row.tail_size; left > 0; --left) {
    const PlannedRow& ancestor = rows_[static_cast<std::size_t>(i)];
    tails_.push_back(ancestor.cell);
    i = ancestor.parent;
  }
  std::reverse(tails_.begin() + static_cast<std::ptrdiff_t>(end), tails_.end());
}

}  // namespace tenon::models
