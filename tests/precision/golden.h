#pragma once

#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

// Golden files are arrays one after another, little-endian; what is in them stands in the header of
// the script under scripts/oracles that made them.
class GoldenFile {
 public:
  explicit GoldenFile(const std::string& name) {
    const std::string path = std::string(TENON_SOURCE_DIR) + "/tests/data/precision/" + name;
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot open " + path);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }

  template <typename T>
  std::vector<T> take(std::size_t count) {
    if (count * sizeof(T) > bytes_.size() - at_) throw std::runtime_error("golden file too short");
    std::vector<T> values(count);
    std::memcpy(values.data(), bytes_.data() + at_, count * sizeof(T));
    at_ += count * sizeof(T);
    return values;
  }
  bool is_at_end() const { return at_ == bytes_.size(); }

 private:
  std::vector<char> bytes_;
  std::size_t at_ = 0;
};
