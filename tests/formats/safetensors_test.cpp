#include "formats/safetensors.h"

#include <doctest/doctest.h>

#include "base/team.h"
#include "formats/format_files.h"
#include "formats/safetensors_header.h"

using namespace tenon;
using namespace tenon::formats;
using namespace tenon::formats::test;

namespace {

/// A file of this header and `data_bytes` of data.
std::string file_of(const std::string& header, std::size_t data_bytes) {
  FileBytes file;
  file.number<std::uint64_t>(header.size());
  return file.text + header + std::string(data_bytes, 'x');
}

std::string file_error(const std::string& text) {
  const Memory memory(text);
  return error_of([&] { SafetensorsFile::from_bytes(memory.bytes(), "m.safetensors"); });
}

std::string header_error(const std::string& header, std::size_t data_bytes = 0) {
  return file_error(file_of(header, data_bytes));
}

/// One tensor "a" with these fields.
std::string tensor(const char* dtype, const char* shape, const char* offsets) {
  return std::string(R"({"a":{"dtype":")") + dtype + R"(","shape":)" + shape +
         R"(,"data_offsets":)" + offsets + "}}";
}

std::string index_error(const std::string& text) {
  const Memory memory(text);
  return error_of([&] { read_safetensors_index(memory.bytes(), "index.json"); });
}

}  // namespace

TEST_SUITE("safetensors") {
  TEST_CASE("safetensors reads every dtype as the safetensors package wrote it") {
    const SafetensorsFile file = SafetensorsFile::open(data_path("every_type.safetensors"));
    CHECK(file.metadata() == SafetensorsFile::Metadata{{"format", "pt"}});
    CHECK(file.names() == std::vector<std::string>{"i64", "f64", "empty", "f32", "scalar", "i32",
                                                   "bf16", "f16", "i16", "f8_e4m3", "f8_e5m2", "i8",
                                                   "u8", "bool"});
    const auto bytes = [&](const char* name, DType dtype, const Shape& shape) {
      const auto view = file.find(name);
      REQUIRE(view);
      CHECK(view->dtype == dtype);
      CHECK(view->shape == shape);
      return std::span(view->data, view->bytes());
    };
    CHECK(numbers_of<double>(bytes("f64", DType::F64, {1, 2})) == std::vector<double>{0.1, -2.5});
    CHECK(numbers_of<std::int64_t>(bytes("i64", DType::I64, {2})) ==
          std::vector<std::int64_t>{-(std::int64_t{1} << 40), 7});
    CHECK(numbers_of<float>(bytes("f32", DType::F32, {2, 3})) ==
          std::vector<float>{0, 1, 2, 3, 4, 5});
    CHECK(numbers_of<std::int32_t>(bytes("i32", DType::I32, {1})) ==
          std::vector<std::int32_t>{-70000});
    CHECK(numbers_of<float>(bytes("scalar", DType::F32, {})) == std::vector<float>{3});
    CHECK(bytes("empty", DType::F32, {0, 3}).empty());
    CHECK(numbers_of<std::uint16_t>(bytes("bf16", DType::BF16, {3})) ==
          std::vector<std::uint16_t>{0x3F80, 0xC000, 0x3F00});
    CHECK(numbers_of<std::uint16_t>(bytes("f16", DType::F16, {3})) ==
          std::vector<std::uint16_t>{0x3C00, 0xC000, 0x3800});
    CHECK(numbers_of<std::int16_t>(bytes("i16", DType::I16, {1})) ==
          std::vector<std::int16_t>{-300});
    CHECK(numbers_of<std::uint8_t>(bytes("f8_e4m3", DType::F8_E4M3, {2})) ==
          std::vector<std::uint8_t>{0x30, 0xFE});
    CHECK(numbers_of<std::uint8_t>(bytes("f8_e5m2", DType::F8_E5M2, {2})) ==
          std::vector<std::uint8_t>{0x38, 0xFB});
    CHECK(numbers_of<std::uint8_t>(bytes("bool", DType::Bool, {3})) ==
          std::vector<std::uint8_t>{1, 0, 1});
    CHECK(numbers_of<std::int8_t>(bytes("i8", DType::I8, {3})) ==
          std::vector<std::int8_t>{-1, 2, 3});
    CHECK(numbers_of<std::uint8_t>(bytes("u8", DType::U8, {1})) == std::vector<std::uint8_t>{250});
    CHECK_FALSE(file.find("missing"));
  }

  TEST_CASE("shards open through their index, and through the folder that holds it") {
    for (const char* name : {"sharded", "sharded/model.safetensors.index.json"}) {
      const SafetensorsFile file = SafetensorsFile::open(data_path(name));
      CHECK(file.parts().size() == 3);
      REQUIRE(file.names().size() == 5);
      for (int i = 0; i < 5; ++i) {
        const auto view = file.find("layer." + std::to_string(i) + ".weight");
        REQUIRE(view);
        CHECK(view->shape == Shape{2, 3});
        CHECK(view->floats()[5] == static_cast<float>(i));
      }
    }
    const TemporaryFolder folder;
    folder.write("model.safetensors", file_text(data_path("every_type.safetensors")));
    CHECK(SafetensorsFile::open(folder.path()).names().size() == 14);
  }

  TEST_CASE("a folder without a model, a missing shard and a missing tensor are named") {
    const TemporaryFolder folder;
    const auto error = [&] { return error_of([&] { SafetensorsFile::open(folder.path()); }); };
    CHECK(error() ==
          folder.path() +
              ": the folder holds neither model.safetensors nor model.safetensors.index.json");
    const std::string index = folder.write(
        "model.safetensors.index.json", R"({"weight_map":{"layer.0.weight":"one.safetensors"}})");
    CHECK(error() == folder.path("one.safetensors") + ": cannot open: No such file or directory");
    folder.write("one.safetensors", file_text(data_path("every_type.safetensors")));
    CHECK(error() ==
          index +
              ": tensor \"layer.0.weight\" is said to be in \"one.safetensors\", which does "
              "not hold it");
  }

  TEST_CASE("numbers that lie where they cannot be read in place are copied") {
    // An unpadded header of 57 bytes: the data start at byte 65.
    std::string header = tensor("F32", "[2]", "[0,8]");
    CHECK(header.size() % 4 != 0);
    const float values[] = {1.5f, -2.0f};
    std::string text = file_of(header, 0);
    text.append(reinterpret_cast<const char*>(values), sizeof values);
    const Memory memory(text);
    const SafetensorsFile file = SafetensorsFile::from_bytes(memory.bytes());
    const auto view = file.find("a");
    REQUIRE(view);
    CHECK(reinterpret_cast<std::uintptr_t>(view->data) % 4 == 0);
    CHECK(view->floats()[0] == 1.5f);
    CHECK(view->floats()[1] == -2.0f);
    CHECK(file.find("a")->data == view->data);
  }

  TEST_CASE("threads that ask for the same numbers get the same copy") {
    const Memory memory(file_of(tensor("F32", "[64]", "[0,256]"), 256));
    const SafetensorsFile file = SafetensorsFile::from_bytes(memory.bytes());
    CHECK(reinterpret_cast<std::uintptr_t>(file.tensor_bytes(file.tensors()[0]).data()) % 4 != 0);
    Team team(4);
    std::vector<const std::byte*> copies(4);
    std::vector<std::uint64_t> sums(4);
    team.run([&](Worker& worker) {
      const auto view = file.find("a");
      const auto index = static_cast<std::size_t>(worker.index());
      copies[index] = view->data;
      for (std::size_t i = 0; i < view->bytes(); ++i)
        sums[index] += std::to_integer<std::uint64_t>(view->data[i]);
    });
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(copies[i] == copies[0]);
      CHECK(sums[i] == 256u * 'x');
    }
  }

  TEST_CASE("types that Tenon lacks are listed and refused when asked for") {
    const Memory memory(file_of(tensor("U32", "[2]", "[0,8]"), 8));
    const SafetensorsFile file = SafetensorsFile::from_bytes(memory.bytes(), "m.safetensors");
    CHECK(file.tensors()[0].type_name == "U32");
    CHECK(error_of([&] { file.find("a"); }) ==
          "m.safetensors: tensor \"a\" is stored as U32, which Tenon does not read");
    CHECK(header_error(tensor("F4", "[2,2]", "[0,2]"), 2) == "no error");
    CHECK(header_error(tensor("Q4_0", "[32]", "[0,18]"), 18) ==
          "m.safetensors: tensor \"a\" has the unknown type \"Q4_0\"");
  }

  TEST_CASE("safetensors says what a file is that is something else") {
    CHECK(file_error("") ==
          "m.safetensors: is not a safetensors file, it looks like an empty file");
    CHECK(file_error("GGUF\3\0\0\0........").ends_with("it looks like GGUF"));
    CHECK(file_error("PK\x03\x04............").find("PyTorch") != std::string::npos);
    CHECK(header_error("[1, 2]").find("is not a safetensors file") != std::string::npos);
  }

  TEST_CASE("a header that is too long, cut short or no JSON is refused") {
    FileBytes large;
    large.number<std::uint64_t>(100'000'001);
    CHECK(file_error(large.text + "{}") ==
          "m.safetensors: its header would have 100000001 bytes, at most 100000000 are allowed");
    FileBytes cut;
    cut.number<std::uint64_t>(1000);
    CHECK(file_error(cut.text + "{}").find("the file ends inside the header") != std::string::npos);
    CHECK(header_error("{\"a\":") == "m.safetensors at JSON byte 6: is not valid JSON");
    CHECK(header_error("{} {}").find("is not valid JSON") != std::string::npos);
    CHECK(header_error("{\"\xff\":1}").find("is not valid JSON") != std::string::npos);
    CHECK(header_error("{}") == "no error");
    CHECK(header_error("{}   ") == "no error");
  }

  TEST_CASE("headers that say too much, too little or the same twice are refused") {
    const std::string rest = R"("shape":[1],"data_offsets":[0,4]})";
    const std::string a = R"("a":{"dtype":"F32",)" + rest;
    CHECK(header_error("{" + a + "}", 4) == "no error");
    CHECK(header_error("{" + a + "," + a + "}", 4) == "m.safetensors: tensor \"a\" is there twice");
    CHECK(header_error(R"({"a":{"dtype":"F32","dtype":"F32",)" + rest + "}", 4)
              .ends_with("has the field \"dtype\" twice"));
    CHECK(header_error(R"({"a":{)" + rest + "}", 4).ends_with("lacks the field \"dtype\""));
    CHECK(header_error(R"({"a":{"color":"red","dtype":"F32",)" + rest + "}", 4)
              .ends_with("has the unknown field \"color\""));
    CHECK(header_error(R"({"a":[[[]]]})").find("has an array where none belongs") !=
          std::string::npos);
    CHECK(header_error(R"({"a":{"shape":{"b":1}}})").ends_with("nests objects too deep"));
    CHECK(header_error(R"({"a":{"shape":[[1]]}})").find("has an array where none belongs") !=
          std::string::npos);
    CHECK(header_error(R"({"a":{"dtype":4}})").ends_with("has a number where none belongs"));
    CHECK(header_error(R"({"a":7})").ends_with("has a number where none belongs"));
    CHECK(header_error(R"({"a":null})").ends_with("has null where none belongs"));
    CHECK(header_error(R"({"__metadata__":{"format":1}})").find("__metadata__") !=
          std::string::npos);
    CHECK(header_error(R"({"__metadata__":{"a":"1","a":"2"}})")
              .ends_with("has the field \"a\" twice"));
    CHECK(header_error(tensor("F32", "[-1]", "[0,4]"), 4).find("a negative number") !=
          std::string::npos);
    CHECK(header_error(tensor("F32", "[1.0]", "[0,4]"), 4).find("a fraction") != std::string::npos);
    CHECK(header_error(tensor("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4)
              .ends_with("has more than 8 dimensions"));
  }

  TEST_CASE("tensors must fill the data exactly") {
    CHECK(header_error(tensor("F32", "[1]", "[0,8]"), 8) ==
          "m.safetensors: tensor \"a\" of type F32 and shape [1] has 8 bytes");
    CHECK(header_error(tensor("F32", "[1]", "[4,0]"), 4).find("begin and an end") !=
          std::string::npos);
    CHECK(header_error(tensor("F32", "[1]", "[0,4,4]"), 4).find("begin and an end") !=
          std::string::npos);
    CHECK(header_error(tensor("F32", "[2]", "[0,8]"), 7).find("does not lie within the file") !=
          std::string::npos);
    CHECK(header_error(tensor("F32", "[1]", "[4,8]"), 8).ends_with("leaves a hole in front of it"));
    CHECK(header_error(tensor("F32", "[1]", "[0,4]"), 6) ==
          "m.safetensors: has 2 bytes behind the last tensor");
    CHECK(header_error(tensor("F64", "[4611686018427387904,4]", "[0,0]"), 0).find("has 0 bytes") !=
          std::string::npos);
    CHECK(header_error(tensor("F32", "[1]", "[18446744073709551608,18446744073709551612]"), 4)
              .find("leaves a hole") != std::string::npos);
    const char* two =
        R"({"a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"I8","shape":[4],"data_offsets":[3,7]}})";
    CHECK(header_error(two, 7) == "m.safetensors: tensor \"b\" overlaps the one before it");
  }

  TEST_CASE("an index that is none, or leads out of its folder, is refused") {
    CHECK(index_error(
              R"({"metadata":{"total_size":1,"x":[1,[2.5,null,true]]},"weight_map":{"a":"f"}})") ==
          "no error");
    CHECK(index_error("{}").find("has no \"weight_map\"") != std::string::npos);
    CHECK(index_error("[]").find("has no \"weight_map\"") != std::string::npos);
    CHECK(index_error("7").ends_with("the index is no object"));
    CHECK(index_error(R"({"weight_map":{"a":"f","a":"g"}})").ends_with("names \"a\" twice"));
    CHECK(index_error(R"({"weight_map":{},"weight_map":{}})").ends_with("is there twice"));
    CHECK(index_error(R"({"weight_map":{"a":1}})").find("must name files") != std::string::npos);
    CHECK(index_error(R"({"weight_map":{"a":{}}})").find("must name files") != std::string::npos);
    CHECK(index_error(R"({"weight_map":"f"})").ends_with("is no object"));
    CHECK(index_error(std::string(200, '[')).ends_with("is nested too deep"));
    for (const char* file : {"../f", "/etc/passwd", "", "..", "a/b", "a\\u0000b"})
      CHECK(index_error(std::string(R"({"weight_map":{"a":")") + file + "\"}}")
                .find("no name of a file in this folder") != std::string::npos);
  }
}
