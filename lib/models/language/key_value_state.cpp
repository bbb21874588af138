#include "models/language/key_value_state.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string>

#include "base/error.h"

namespace tenon::models {

using attention::KeyValueCacheShape;

namespace {

constexpr std::int64_t kMaxPositions = std::numeric_limits<std::int32_t>::max();

std::int32_t capacity_of(const StateOptions& options) {
  if (options.context < 0 || options.context > kMaxPositions)
    throw Error(ErrorKind::Usage,
                "a context of " + std::to_string(options.context) + " positions is not possible")
        .hint("it may be 0 (grow as needed) to " + std::to_string(kMaxPositions));
  return static_cast<std::int32_t>(options.context == 0 ? kMaxPositions : options.context);
}

KeyValueCacheShape with_dtype(KeyValueCacheShape shape, DType dtype) {
  shape.dtype = dtype;
  return shape;
}

// Saved states begin with what must agree: a mark, the shape and the length, little-endian. Counts
// in a file are compared with those of the model, never used.
using Header = std::array<std::uint64_t, 6>;

Header header_of(const KeyValueCacheShape& shape, std::int32_t length) {
  constexpr std::uint64_t kMark = 0x3145544154534B54;  // "TKSTATE1"
  return {kMark,
          static_cast<std::uint64_t>(shape.layers),
          static_cast<std::uint64_t>(shape.kv_heads),
          static_cast<std::uint64_t>(shape.head_dim),
          static_cast<std::uint64_t>(shape.dtype),
          static_cast<std::uint64_t>(length)};
}

}  // namespace

KeyValueState::KeyValueState(KeyValueCacheShape shape, const StateOptions& options)
    : options_(options),
      capacity_(capacity_of(options)),
      cache_(with_dtype(shape, options.cache_type), options.context) {}

std::int64_t KeyValueState::cells_for(std::int64_t positions) const {
  if (options_.context > 0) return options_.context;
  std::int64_t cells = std::max(cache_.cells(), kFirstCells);
  while (cells < positions) cells *= 2;
  return std::min(cells, kMaxPositions);
}

void KeyValueState::make_room(std::int64_t positions) {
  if (positions > capacity_)
    throw Error(ErrorKind::Resource,
                "the context of " + std::to_string(capacity_) + " positions is full")
        .hint(std::to_string(positions) + " are needed: take a larger context, or less text");
  if (positions > cache_.cells()) cache_.grow(cells_for(positions), length_);
}

void KeyValueState::reserve(std::int64_t rows) {
  make_room(length_ + rows);
  pending_.reserve(static_cast<std::size_t>(rows));
}

std::int32_t KeyValueState::add_pending(std::int32_t batch_row, std::int32_t parent) {
  TENON_CHECK(pending_.empty() || pending_.back().batch_row < batch_row);
  TENON_CHECK(length_ + pending() < cache_.cells());
  pending_.push_back({batch_row, parent});
  return pending() - 1;
}

std::int32_t KeyValueState::find_pending(std::int32_t batch_row) const {
  const auto found = std::ranges::lower_bound(pending_, batch_row, {}, &PendingRow::batch_row);
  if (found == pending_.end() || found->batch_row != batch_row)
    throw Error(ErrorKind::Internal,
                "row " + std::to_string(batch_row) + " of the batch is not pending in this state");
  return static_cast<std::int32_t>(found - pending_.begin());
}

void KeyValueState::commit(std::span<const std::int32_t> path) {
  std::int32_t parent = -1;
  for (const std::int32_t batch_row : path) {
    const std::int32_t index = find_pending(batch_row);
    if (pending_[static_cast<std::size_t>(index)].parent != parent)
      throw Error(ErrorKind::Internal, "row " + std::to_string(batch_row) +
                                           " does not follow the one before it in the path");
    parent = index;
  }
  // A row never lies before its place in the path, so moving them in order overwrites only what
  // goes.
  std::int64_t target = length_;
  for (const std::int32_t batch_row : path)
    cache_.copy_cell(length_ + find_pending(batch_row), target++);
  length_ = static_cast<std::int32_t>(target);
  pending_.clear();
}

void KeyValueState::commit_all() {
  for (std::int32_t i = 0; i < pending(); ++i)
    if (pending_[static_cast<std::size_t>(i)].parent != i - 1)
      throw Error(ErrorKind::Internal, "the pending rows are no chain; commit one path of them");
  length_ += pending();
  pending_.clear();
}

void KeyValueState::truncate(std::int32_t length) {
  TENON_CHECK(length >= 0 && length <= length_);
  length_ = length;
  pending_.clear();
}

std::unique_ptr<State> KeyValueState::fork(std::int32_t length) const {
  TENON_CHECK(length >= 0 && length <= length_);
  auto copy = std::make_unique<KeyValueState>(cache_.shape(), options_);
  copy->make_room(length);
  copy->cache_.copy_cells(cache_, length);
  copy->length_ = length;
  return copy;
}

std::vector<std::byte> KeyValueState::save(std::int32_t length) const {
  TENON_CHECK(length >= 0 && length <= length_);
  const Header header = header_of(cache_.shape(), length);
  std::vector<std::byte> bytes(sizeof header + cache_.packed_bytes(length));
  std::memcpy(bytes.data(), header.data(), sizeof header);
  cache_.pack(length, bytes.data() + sizeof header);
  return bytes;
}

void KeyValueState::load(std::span<const std::byte> bytes, std::int32_t length) {
  TENON_CHECK(length >= 0);
  if (length_ != 0 || pending() != 0)
    throw Error(ErrorKind::Internal, "a state is loaded into one that is not empty");
  const Header expected = header_of(cache_.shape(), length);
  if (bytes.size() < sizeof expected ||
      std::memcmp(bytes.data(), expected.data(), sizeof expected) != 0)
    throw Error(ErrorKind::Input, "the saved state is of another model, cache type or length");
  if (bytes.size() - sizeof expected != cache_.packed_bytes(length))
    throw Error(ErrorKind::Input,
                "the saved state has " + std::to_string(bytes.size()) + " bytes, it should have " +
                    std::to_string(sizeof expected + cache_.packed_bytes(length)));
  make_room(length);
  cache_.unpack(length, bytes.data() + sizeof expected);
  length_ = length;
}

}  // namespace tenon::models
