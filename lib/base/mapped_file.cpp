#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace tenon {

namespace {

[[noreturn]] void fail(const std::string& path, const std::string& message) {
  throw Error(ErrorKind::Resource, message).at(path);
}

}  // namespace

MappedFile::MappedFile(const std::string& path) : path_(path) {
  // O_NONBLOCK: opening a pipe without a writer would hang before it could be refused.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) fail(path, std::string("cannot open: ") + std::strerror(errno));
  try {
    map();
  } catch (const Error&) {
    ::close(descriptor_);
    throw;
  }
}

void MappedFile::map() {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0)
    fail(path_, std::string("cannot read: ") + std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    fail(path_, S_ISDIR(status.st_mode) ? "is a directory, a file is needed"
                                        : "is not a regular file, so it cannot be mapped");
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor_, 0);
  if (address == MAP_FAILED) fail(path_, std::string("cannot map: ") + std::strerror(errno));
  data_ = static_cast<const std::byte*>(address);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

void MappedFile::read(std::size_t offset, std::span<std::byte> destination) const {
  TENON_CHECK(offset <= size_ && destination.size() <= size_ - offset);
  while (!destination.empty()) {
    const ssize_t count =
        ::pread(descriptor_, destination.data(), destination.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path_, std::string("cannot read: ") + std::strerror(errno));
    if (count == 0) fail(path_, "has become shorter while it was read");
    offset += static_cast<std::size_t>(count);
    destination = destination.subspan(static_cast<std::size_t>(count));
  }
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace tenon
