#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "attention/key_value_cache.h"
#include "models/language/language_model.h"

namespace tenon::models {

/// The state of a transformer: the keys and values of every position. Position p of the committed
/// ones lies in cell p; pending row i in cell length() + i.
///
/// With StateOptions::context the memory is reserved at once (untouched pages cost nothing) and
/// capacity() is that many positions. With 0 it doubles as needed, and capacity() is the largest
/// int32.
class KeyValueState final : public State {
 public:
  /// `shape.dtype` is replaced by the option. Throws Error(Usage) for a context that is negative or
  /// over 2^31 - 1.
  KeyValueState(attention::KeyValueCacheShape shape, const StateOptions& options);

  std::int32_t length() const override { return length_; }
  std::int32_t capacity() const override { return capacity_; }
  std::int32_t pending() const override { return static_cast<std::int32_t>(pending_.size()); }
  void commit(std::span<const std::int32_t> path) override;
  void commit_all() override;
  void truncate(std::int32_t length) override;
  std::unique_ptr<State> fork(std::int32_t length) const override;
  std::vector<std::byte> save(std::int32_t length) const override;
  void load(std::span<const std::byte> bytes, std::int32_t length) override;
  std::size_t bytes() const override { return cache_.bytes(); }

  // For the models that fill it ------------------------------------------------------------------
  attention::KeyValueCache& cache() { return cache_; }
  const attention::KeyValueCache& cache() const { return cache_; }
  /// Makes room for `rows` pending rows. Throws Error(Resource) "the context of N positions is
  /// full".
  void reserve(std::int64_t rows);
  /// Registers row `batch_row` of the batch, which follows the pending row `parent` (an index among
  /// the pending, -1: the committed end). Returns its index among the pending.
  std::int32_t add_pending(std::int32_t batch_row, std::int32_t parent);

 private:
  struct PendingRow {
    std::int32_t batch_row;
    std::int32_t parent;
  };
  static constexpr std::int64_t kFirstCells = 256;

  std::int32_t find_pending(std::int32_t batch_row) const;
  std::int64_t cells_for(std::int64_t positions) const;
  void make_room(std::int64_t positions);

  StateOptions options_;
  std::int32_t capacity_ = 0;
  std::int32_t length_ = 0;
  attention::KeyValueCache cache_;
  std::vector<PendingRow> pending_;  // batch_row rises
};

}  // namespace tenon::models
