#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace tenon {

/// A file mapped for reading. The bytes stay valid until the object is destroyed or moved from.
/// A file that another process truncates while it is mapped raises SIGBUS, as with every mapping.
class MappedFile {
 public:
  /// Throws Error(Resource) for a missing file, a directory, a device or pipe, or no permission.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  const std::string& path() const { return path_; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  std::string path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tenon
