#include "formats/numpy_file.h"

#include <doctest/doctest.h>

#include "formats/format_files.h"

using namespace tenon;
using namespace tenon::formats;
using namespace tenon::formats::test;

namespace {

std::string array_error(std::string_view text) {
  const Memory memory(text);
  return error_of([&] { read_numpy(memory.bytes(), "x.npy"); });
}

/// A version 1 file with this dictionary.
std::string file_of(const std::string& dictionary, std::size_t data_bytes) {
  FileBytes file;
  file.text = std::string("\x93NUMPY\x01\x00", 8);
  file.number(static_cast<std::uint16_t>(dictionary.size()));
  return file.text + dictionary + std::string(data_bytes, 'x');
}

std::string dictionary(const char* descr, const char* order, const char* shape) {
  return std::string("{'descr': '") + descr + "', 'fortran_order': " + order +
         ", 'shape': " + shape + ", }\n";
}

}  // namespace

TEST_SUITE("numpy file") {
  TEST_CASE("arrays written row by row are those of numpy.save") {
    Collected collected;
    NumpyWriter writer(collected.sink(), DType::F32, {3, 4});
    for (int row = 0; row < 3; ++row) {
      std::vector<float> numbers;
      for (int i = 0; i < 4; ++i) numbers.push_back(static_cast<float>(row * 4 + i) / 4);
      writer.write(numbers);
    }
    writer.finish();
    CHECK(collected.text == file_text(data_path("float32.npy")));

    Collected integers;
    NumpyWriter int64(integers.sink(), DType::I64, {2});
    const std::int64_t values[] = {-1, std::int64_t{1} << 40};
    int64.write(std::as_bytes(std::span(values)));
    int64.finish();
    CHECK(integers.text == file_text(data_path("int64.npy")));

    Collected scalar;
    NumpyWriter float64(scalar.sink(), DType::F64, {});
    const double value = 0.1;
    float64.write(std::as_bytes(std::span(&value, 1)));
    float64.finish();
    CHECK(scalar.text == file_text(data_path("scalar.npy")));
  }

  TEST_CASE("arrays of numpy.save are read") {
    const auto read = [](const std::string& text) {
      const Memory memory(text);
      const NumpyArray array = read_numpy(memory.bytes(), "x.npy");
      return std::tuple(
          array.dtype, array.shape,
          std::string(reinterpret_cast<const char*>(array.data.data()), array.data.size()));
    };
    const auto [dtype, shape, bytes] = read(file_text(data_path("float32.npy")));
    CHECK(dtype == DType::F32);
    CHECK(shape == Shape{3, 4});
    CHECK(numbers_of<float>(std::as_bytes(std::span(bytes)))[11] == 2.75f);
    CHECK(std::get<1>(read(file_text(data_path("scalar.npy")))) == Shape{});
    CHECK(std::get<1>(read(file_text(data_path("int64.npy")))) == Shape{2});
    CHECK(std::get<1>(read(file_of(dictionary("<i4", "False", "(0, 7)"), 0))) == Shape{0, 7});
    CHECK(std::get<1>(read(file_of(dictionary("<i4", "True", "(1,)"), 4))) == Shape{1});
  }

  TEST_CASE("what is no array, or none of these arrays, is refused by name") {
    CHECK(array_error("{\"a\": 1}") == "x.npy: is not a .npy file, it looks like JSON");
    CHECK(array_error(file_of(dictionary("<f2", "False", "(1,)"), 2)) ==
          "x.npy: the array has type \"<f2\"");
    CHECK(array_error(file_of(dictionary(">f4", "False", "(1,)"), 4)) ==
          "x.npy: the array has type \">f4\"");
    CHECK(array_error(file_of(dictionary("<f4", "True", "(2, 2)"), 16)) ==
          "x.npy: the array is stored column by column");
    CHECK(array_error(file_of(dictionary("<f4", "False", "(2, 2)"), 15))
              .find("the file ends inside the numbers") != std::string::npos);
    CHECK(array_error(file_of(dictionary("<f4", "False", "(4611686018427387904, 8)"), 0))
              .find("can be counted") != std::string::npos);
    CHECK(array_error(file_of(dictionary("<f4", "False", "(99999999999999999999,)"), 0))
              .find("impossible") != std::string::npos);
    CHECK(array_error(file_of(dictionary("<f4", "False", "(-1,)"), 0)).find("lacks \")\"") !=
          std::string::npos);
    CHECK(array_error(file_of("{'descr': '<f4'}\n", 0)).find("lacks one of") != std::string::npos);
    CHECK(array_error(file_of("{'color': 'red'}\n", 0)).find("the unknown key \"color\"") !=
          std::string::npos);
    CHECK(array_error(std::string("\x93NUMPY\x04\x00\x00\x00", 10)).find("version 4") !=
          std::string::npos);
    const std::string whole = file_text(data_path("float32.npy"));
    for (std::size_t length = 0; length < whole.size(); ++length)
      CHECK(array_error(std::string_view(whole).substr(0, length)) != "no error");
  }

  TEST_CASE("the writer takes four types and just the numbers of the shape") {
    Collected collected;
    CHECK(error_of([&] { NumpyWriter(collected.sink(), DType::Q4_0, {32}); }) ==
          "arrays of Q4_0 are not written as .npy");
    NumpyWriter writer(collected.sink(), DType::F32, {2});
    CHECK_THROWS_AS(writer.finish(), Error);
    const std::vector<float> three(3);
    CHECK_THROWS_AS(writer.write(three), Error);
  }
}
