#include "formats/open_weights.h"

#include <filesystem>

namespace tenon::formats {

OpenedWeights open_weights(const std::string& path) {
  OpenedWeights opened;
  std::error_code ignored;
  const std::string extension = std::filesystem::path(path).extension().string();
  if (std::filesystem::is_directory(path, ignored) || extension == ".safetensors" ||
      extension == ".json") {
    auto file = std::make_unique<SafetensorsFile>(SafetensorsFile::open(path));
    opened.safetensors = file.get();
    opened.format = "safetensors";
    opened.weights = std::move(file);
  } else {
    auto file = std::make_unique<GgufFile>(GgufFile::open(path));
    opened.gguf = file.get();
    opened.format = "GGUF version " + std::to_string(file->parts().front().version);
    opened.weights = std::move(file);
  }
  return opened;
}

}  // namespace tenon::formats
