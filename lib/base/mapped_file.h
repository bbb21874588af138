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
  /// Copies the bytes from `offset` on without touching the mapping, so that none of its pages
  /// becomes resident: for bytes that are needed once. Throws Error(Resource) where the file has
  /// become shorter or cannot be read. Any thread may call.
  void read(std::size_t offset, std::span<std::byte> destination) const;

 private:
  void map();

  std::string path_;
  int descriptor_ = -1;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tenon
