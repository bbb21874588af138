#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/language/key_value_state.h"
#include "models/language/language_model.h"

namespace tenon::models {

/// A row of a batch in its place.
struct PlannedRow {
  std::int32_t token = 0;
  std::int32_t sequence = 0;
  std::int32_t position = 0;  // logical, from 0
  std::int32_t cell = 0;      // where its key and value go
  /// It sees positions 0 .. prefix - 1 in cells of the same number, then the cells of its tail.
  /// Rows that continue the committed positions without a gap (prompts, plain steps) are all
  /// prefix: prefix = position + 1, no tail.
  std::int32_t prefix = 0;
  std::size_t tail_begin = 0;
  std::int32_t tail_size = 0;
  std::int32_t parent = BatchRow::kAfterCommitted;  // index in the batch
  std::int32_t pending = 0;                         // index among the pending rows of its state
  std::int32_t logits_index = -1;                   // row of the output; -1: not wanted
  std::int32_t hidden_index = -1;
};

/// Checks a batch and places its rows in their states. Buffers are reused.
class BatchPlan {
 public:
  /// Throws before any state has changed (but for room made): Error(Input) for a token outside the
  /// vocabulary, Error(Resource) for a full state, Error(Internal) for a wrong parent or sequence,
  /// a state of another model, one given twice or one with pending rows.
  void build(const Batch& batch, std::span<State* const> states,
             const attention::KeyValueCacheShape& shape, std::int64_t vocab);

  std::span<const PlannedRow> rows() const { return rows_; }
  std::int32_t logit_rows() const { return logit_rows_; }
  std::int32_t hidden_rows() const { return hidden_rows_; }
  KeyValueState& state(std::int32_t sequence) const {
    return *states_[static_cast<std::size_t>(sequence)];
  }
  std::int32_t sequences() const { return static_cast<std::int32_t>(states_.size()); }

  /// Gathers the tails of rows [begin, end); those of the call before are gone. By chunks, so that
  /// memory stays bounded: the tails of n rows may have n^2 / 2 cells.
  void gather_tails(std::int32_t begin, std::int32_t end);
  std::span<const std::int32_t> tail(const PlannedRow& row) const {
    return {tails_.data() + row.tail_begin, static_cast<std::size_t>(row.tail_size)};
  }

 private:
  void take_states(std::span<State* const> states, const attention::KeyValueCacheShape& shape);
  void check_rows(const Batch& batch, std::int64_t vocab);
  void place(const Batch& batch);
  void gather_tail(std::int32_t index, std::int32_t begin);

  std::vector<PlannedRow> rows_;
  std::vector<KeyValueState*> states_;
  std::vector<std::int64_t> rows_of_sequence_;
  std::vector<std::int32_t> tails_;
  std::int32_t logit_rows_ = 0;
  std::int32_t hidden_rows_ = 0;
};

}  // namespace tenon::models
