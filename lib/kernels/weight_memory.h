#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace tenon::kernels {

/// Memory for repacked weights, 64-byte aligned, on huge pages where the system gives them: a matrix of a
/// small model is smaller than one, so matrices share regions. Without them the page faults of a load
/// take several times as long as the packing. A region is given back when its last weight is gone.
/// Any thread may allocate.
class WeightMemory {
 public:
  WeightMemory() = default;
  /// Throws Error(Resource) where the system has no memory.
  explicit WeightMemory(std::size_t size);

  std::uint8_t* data() { return data_; }
  const std::uint8_t* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  std::shared_ptr<void> region_;
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tenon::kernels
