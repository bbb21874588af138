#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "base/error.h"

namespace tenon {

/// Uninitialised memory for `size` trivial elements, 64-byte aligned (a cache line, an AVX-512 vector).
template <typename T>
class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignment = 64;

  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size) : size_(size) {
    if (size == 0) return;
    if (size > static_cast<std::size_t>(PTRDIFF_MAX) / sizeof(T))
      throw Error(ErrorKind::Resource, "a buffer of that size cannot exist");
    data_ = static_cast<T*>(
        ::operator new (size * sizeof(T), std::align_val_t{kAlignment}, std::nothrow));
    if (data_ == nullptr)
      throw Error(ErrorKind::Resource,
                  "out of memory: " + std::to_string(size * sizeof(T)) + " bytes asked for");
  }
  ~AlignedBuffer() { ::operator delete (data_, std::align_val_t{kAlignment}); }
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  std::span<T> span() { return {data_, size_}; }
  std::span<const T> span() const { return {data_, size_}; }

  /// Makes room for at least `size` elements; the contents are lost when it grows.
  void reserve_discarding(std::size_t size) {
    if (size > size_) *this = AlignedBuffer(size);
  }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tenon
