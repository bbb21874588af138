// Writes small valid files for the fuzz targets to start from: FOLDER/<target without _fuzz>/...

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "formats/small_model.h"

using namespace tenon;
using namespace tenon::formats;
using namespace tenon::formats::test;

namespace {

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fuzz_seeds FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const std::string model = small_file(small_metadata(), small_plan());
  write(folder / "gguf/every_type", file_text(data_path("every_type.gguf")));
  write(folder / "gguf/part", file_text(data_path("split-00001-of-00003.gguf")));
  write(folder / "gguf/model", model);
  write(folder / "language_model_file/llama", model);
  write(folder / "language_model_file/llama_scaled", scaled_file("llama", false, false));
  write(folder / "language_model_file/qwen2", scaled_file("qwen2", true, false));
  write(folder / "language_model_file/qwen3", scaled_file("qwen3", false, true));
  write(folder / "safetensors/every_type", file_text(data_path("every_type.safetensors")));
  write(folder / "safetensors/index", file_text(data_path("sharded/model.safetensors.index.json")));
  write(folder / "numpy_file/float32", file_text(data_path("float32.npy")));
  write(folder / "numpy_file/scalar", file_text(data_path("scalar.npy")));
  write(
      folder / "request_record/prompt",
      R"({"id":1,"prompt":"a","stop":["b"],"temperature":0.5,"top_k":3,"logit_bias":{"5":"-inf"}})");
  write(folder / "request_record/messages",
        R"({"messages":[{"role":"user","content":"a"}],"max_tokens":5,"seed":1,"samples":1})");
  return 0;
}
