#include "kernels/weight_memory.h"

#include <sys/mman.h>

#include <mutex>
#include <string>

#include "base/error.h"

namespace tenon::kernels {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kRegionBytes = std::size_t{32} << 20;  // reserved; pages come when touched
constexpr std::size_t kLine = 64;

constexpr std::size_t round_up(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

/// Address space that begins at a huge page.
class Region {
 public:
  explicit Region(std::size_t size) : mapped_(size + kHugePage), size_(size) {
    base_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base_ == MAP_FAILED)
      throw Error(ErrorKind::Resource,
                  "out of memory: " + std::to_string(size) + " bytes asked for weights");
    const auto address = reinterpret_cast<std::uintptr_t>(base_);
    begin_ = reinterpret_cast<std::uint8_t*>(round_up(address, kHugePage));
    madvise(begin_, size, MADV_HUGEPAGE);  // a wish: where it fails, small pages do
  }
  ~Region() { munmap(base_, mapped_); }
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  /// Null where it does not fit any more.
  std::uint8_t* take(std::size_t size) {
    if (size > size_ - used_) return nullptr;
    std::uint8_t* result = begin_ + used_;
    used_ += size;
    return result;
  }

 private:
  std::size_t mapped_;
  std::size_t size_;
  std::size_t used_ = 0;
  void* base_;
  std::uint8_t* begin_;
};

// The region that small weights are taken from. Weak: the weights own it.
std::mutex pool_mutex;
std::weak_ptr<Region> pool_region;

}  // namespace

WeightMemory::WeightMemory(std::size_t size) : size_(size) {
  if (size == 0) return;
  if (size > static_cast<std::size_t>(PTRDIFF_MAX) - 2 * kHugePage)
    throw Error(ErrorKind::Resource, "a weight of that size cannot exist");
  const std::size_t needed = round_up(size, kLine);
  const std::lock_guard lock(pool_mutex);
  std::shared_ptr<Region> region = pool_region.lock();
  data_ = region ? region->take(needed) : nullptr;
  if (data_ == nullptr) {
    const bool is_large = needed > kRegionBytes / 2;
    region = std::make_shared<Region>(is_large ? needed : kRegionBytes);
    data_ = region->take(needed);
    if (!is_large) pool_region = region;
  }
  region_ = region;
}

}  // namespace tenon::kernels
